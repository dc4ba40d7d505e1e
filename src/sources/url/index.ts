/**
 * The input source `url`: a file over http or https. The guard lets a job reach public addresses only, or what the node’s
 * owner named; the download is bounded in size, time and silence, checked by SHA-256 where the job gives one, and goes on
 * where a broken connection left it.
 */
export { createUrlSource, type UrlSourceInit } from './url-source.ts'
export { parseAllowedHosts } from './allowed-hosts.ts'
