/**
 * The requester’s API as typed calls over HTTP (createClient), and what a person wants of it in the end: the results
 * of a job laid out as files, verified (fetchResults). Used by the CLI and by tests; knows no daemon and no store.
 */
export { createClient } from './create-client.ts'
export type { EdgeClient } from './edge-client.ts'
export { fetchResults } from './fetch-results.ts'
export type { FetchedResults, FetchProgress, FetchResultsOptions } from './fetch-results.ts'
export { ResultManifest } from './result-manifest.ts'
