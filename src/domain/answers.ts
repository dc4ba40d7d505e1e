import { z } from 'zod'
import { NodeId } from './ids.ts'
import { JobSpec, Labels } from './job-spec.ts'
import { Approval, Duty, HistoryEntry } from './records.ts'
import { ExecutionView, JobLogLine, JobSummary, NodeView, ResultView } from './views.ts'

/** What the API answers around the views, and what it is asked; shared by server and client. Lists travel in objects. */

/** `ErrorData` as it travels; `code` is open, so that an older client can read a newer requester’s errors. */
export const ErrorAnswer = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  hint: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
})
export type ErrorAnswer = z.infer<typeof ErrorAnswer>

export const ErrorBody = z.object({ error: ErrorAnswer, requestId: z.string() })
export type ErrorBody = z.infer<typeof ErrorBody>

export const AliveView = z.object({ status: z.literal('OK') })
export type AliveView = z.infer<typeof AliveView>

export const VersionView = z.object({
  version: z.string(),
  node: z.string().meta({ description: 'version of Node.js' }),
  platform: z.string().meta({ description: 'e.g. linux-arm64' }),
})
export type VersionView = z.infer<typeof VersionView>

/** The answer to `POST /jobs/validate`; `spec` has the defaults filled in and is there when it is valid. */
export const SpecCheck = z.object({
  valid: z.boolean(),
  problems: z.array(z.object({ path: z.string(), message: z.string(), suggestion: z.string().optional() })),
  spec: JobSpec.optional(),
})
export type SpecCheck = z.infer<typeof SpecCheck>

const next = z.string().optional().meta({ description: '`cursor` of the next page, when there is one' })

/** Newest first. */
export const JobPage = z.object({ jobs: z.array(JobSummary), next })
export type JobPage = z.infer<typeof JobPage>

export const ExecutionList = z.object({ executions: z.array(ExecutionView), next })
export const HistoryPage = z.object({ history: z.array(HistoryEntry), next })
export const ResultList = z.object({ results: z.array(ResultView), next })
export const NodeList = z.object({ nodes: z.array(NodeView), next })

export const ApprovalRequest = z.strictObject({ approval: Approval })
export type ApprovalRequest = z.infer<typeof ApprovalRequest>

/** `drainSeconds`: how long running work of a draining node may go on; left out: until it is done. */
export const DutyRequest = z.strictObject({
  duty: Duty,
  drainSeconds: z
    .number()
    .min(0)
    .max(365 * 86_400)
    .optional(),
})
export type DutyRequest = z.infer<typeof DutyRequest>

/** Labels to set in place of what the node says; null takes one away, what is not named stays. */
export const LabelsRequest = z.strictObject({
  labels: z.record(Labels.keyType, Labels.valueType.nullable()),
})
export type LabelsRequest = z.infer<typeof LabelsRequest>

export const DeletedNode = z.object({ deleted: NodeId })

/** One line of a log stream: what was printed, or last the error that broke the stream off. */
export const LogRecord = z.union([JobLogLine, z.object({ error: ErrorAnswer })])
export type LogRecord = z.infer<typeof LogRecord>
