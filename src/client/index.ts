/**
 * The requester’s API as typed calls over HTTP (createClient), and the words to use them with: the entry `edge/client`,
 * used by the CLI and by tests alike. Knows the domain, no daemon and no store; nothing happens when it is imported.
 */
export { createClient } from './create-client.ts'
export type { ClientInit } from './create-client.ts'
export type { CallOptions, EachOptions, EdgeClient, JobsQuery, LogsQuery, WatchQuery } from './edge-client.ts'
export { EdgeError, isEdgeError, isExecutionOver, isJobOver, shortId } from '../domain/index.ts'
export type {
  AgentView,
  Approval,
  ErrorCode,
  ExecutionState,
  ExecutionView,
  HistoryEntry,
  JobEvent,
  JobLogLine,
  JobPage,
  JobSpec,
  JobSpecInput,
  JobState,
  JobSummary,
  JobView,
  NodeView,
  Progress,
  Reason,
  ResultSummary,
  ResultView,
  SpecCheck,
  VersionView,
} from '../domain/index.ts'
