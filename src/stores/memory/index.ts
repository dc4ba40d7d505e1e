/**
 * The stores without a disk: for tests of what stands on the ports. They decide by the same functions as the SQLite
 * ones and pass the same conformance suites, so they conflict, order and refuse alike.
 */
export { createMemoryComputeStore } from './memory-compute-store.ts'
export { createMemoryRequesterStore } from './memory-requester-store.ts'
