/**
 * The requester daemon: accepts jobs, decides what runs where (planner/, scheduler.ts), knows its nodes (fleet/), tells
 * them (sending/), hears from them (reports.ts), fetches results (collector.ts), and answers the API (orchestrating/).
 * What is decided is on disk, with the messages that follow from it, before anybody hears of it. Sees ports only.
 */
export type { Membership } from './fleet/index.ts'
export { createRequester, type RequesterInit } from './requester.ts'
export type { Timings } from './timings.ts'
