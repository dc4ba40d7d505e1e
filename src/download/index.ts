/**
 * The results of a job laid out as files, every block verified (fetchResults), over any client. The entry
 * `edge/download`, used by `edge get`; knows HTTP only by the client.
 */
export { fetchResults } from './fetch-results.ts'
export type { FetchedResults, FetchProgress, FetchResultsOptions } from './fetch-results.ts'
export { ResultManifest } from './result-manifest.ts'
