/**
 * The Orchestrator port over store and fleet: lookups by short id (lookup.ts), what is shown (views.ts), watching (news.ts,
 * watch.ts), logs of several nodes as one (logs.ts), stopping (stopping.ts).
 */
export { EarlierResults } from './earlier-results.ts'
export { News } from './news.ts'
export { RequesterOrchestrator } from './orchestrator.ts'
