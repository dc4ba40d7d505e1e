/**
 * The input source `result`: what an earlier job published. The requester, which holds it, serves its blocks to the nodes
 * that have it as an input; each is verified by its CID.
 */
export { createResultSource, type ResultSourceInit } from './result-source.ts'
