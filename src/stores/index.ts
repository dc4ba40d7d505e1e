/**
 * What requester and compute node must not forget. `apply-*-commit.ts` decide what a commit does, purely; the adapters
 * read, write and make it durable: sqlite/ on disk (one fsync a commit), memory/ for tests.
 */
export { createMemoryComputeStore, createMemoryRequesterStore } from './memory/index.ts'
export { createSqliteComputeStore, createSqliteRequesterStore, lockDataDir } from './sqlite/index.ts'
export type { DataDirLock, SqliteStoreInit } from './sqlite/index.ts'
