/**
 * The durable stores, each one SQLite file (node:sqlite, prepared statements, all synchronous: a commit is one
 * transaction with one fsync), and the lock that keeps a data directory to one process. The files hold their own
 * invariants by triggers: closed state graphs, rising revisions and counters, append-only logs.
 */
export { lockDataDir } from './data-dir-lock.ts'
export type { DataDirLock } from './data-dir-lock.ts'
export { createSqliteComputeStore } from './sqlite-compute-store.ts'
export { createSqliteRequesterStore } from './sqlite-requester-store.ts'
export type { SqliteStoreInit } from './sqlite-requester-store.ts'
