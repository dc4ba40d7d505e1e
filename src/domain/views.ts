import { z } from 'zod'
import { LogLine } from './messages.ts'
import { ExecutionId, JobId, NodeId } from './ids.ts'
import {
  Choice,
  Connectivity,
  ExecutionRecord,
  HistoryEntry,
  JobRecord,
  NodeRecord,
  Progress,
  ResultSummary,
} from './records.ts'
import { Reason, ReasonCode } from './reason.ts'

/** What the API shows: records with what is only known now. */

export const ExecutionView = ExecutionRecord.extend({
  connectivity: Connectivity,
  disconnectedSinceMs: z.int().optional(),
  progress: Progress.optional(),
})
export type ExecutionView = z.infer<typeof ExecutionView>

/** A node that the planner passed over for a job, with the reason. */
export const PassedOver = z.object({ nodeId: NodeId, nodeName: z.string(), reason: Reason })
export type PassedOver = z.infer<typeof PassedOver>

export const JobView = JobRecord.extend({
  executions: z.array(ExecutionView),
  passedOver: z.array(PassedOver),
})
export type JobView = z.infer<typeof JobView>

/** What became of a job on one node, and why. */
export const NodeExplanation = z.object({
  nodeId: NodeId,
  nodeName: z.string(),
  connectivity: Connectivity,
  outcome: z.enum(['chosen', 'asked', 'notChosen']),
  why: z.string(),
  code: ReasonCode.optional(),
  rank: Choice.shape.parts.meta({ description: 'what speaks for the node, in the order in which it counts' }),
  executions: z.array(
    ExecutionRecord.pick({
      id: true,
      attempt: true,
      state: true,
      partition: true,
      reason: true,
      bid: true,
      choice: true,
    }),
  ),
})
export type NodeExplanation = z.infer<typeof NodeExplanation>

/** `GET /jobs/:job/explain`: every node that is known or was used, chosen ones first. */
export const JobExplanation = z.object({
  jobId: JobId,
  state: JobRecord.shape.state,
  reason: Reason.optional(),
  type: JobRecord.shape.spec.shape.type,
  count: z.int(),
  nodes: z.array(NodeExplanation),
})
export type JobExplanation = z.infer<typeof JobExplanation>

export const JobSummary = JobRecord.omit({ spec: true, idempotencyKey: true }).extend({
  name: z.string().optional(),
  type: z.string(),
  engine: z.string(),
  executions: z.object({ total: z.int(), running: z.int(), completed: z.int(), failed: z.int() }),
})
export type JobSummary = z.infer<typeof JobSummary>

export const NodeView = NodeRecord.extend({
  connectivity: Connectivity,
  disconnectedSinceMs: z.int().optional(),
  runningExecutions: z.int(),
  liveExecutions: z.int().meta({ description: 'not over: asked, waiting, running or publishing' }),
})
export type NodeView = z.infer<typeof NodeView>

/** One published result of a job; `fetched` when every block is on the requester’s disk. */
export const ResultView = z.object({
  executionId: ExecutionId,
  nodeId: NodeId,
  nodeName: z.string(),
  state: z.string(),
  summary: ResultSummary,
  fetched: z.boolean(),
})
export type ResultView = z.infer<typeof ResultView>

/** What `watch` streams (SSE): durable history with its sequence number, and passing news without one. */
export const JobEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('history'), entry: HistoryEntry }),
  z.object({ kind: z.literal('progress'), jobId: JobId, executionId: ExecutionId, progress: Progress }),
  z.object({
    kind: z.literal('connectivity'),
    nodeId: NodeId,
    nodeName: z.string(),
    connectivity: Connectivity,
  }),
])
export type JobEvent = z.infer<typeof JobEvent>

export const JobLogLine = LogLine.extend({ executionId: ExecutionId, nodeName: z.string() })
export type JobLogLine = z.infer<typeof JobLogLine>

/** `GET /api/v1/agent/node`: who answers here. */
export const AgentView = z.object({
  id: NodeId,
  name: z.string(),
  version: z.string(),
  types: z.array(z.enum(['requester', 'compute'])),
  multiaddrs: z.array(z.string()),
  startedAtMs: z.int(),
})
export type AgentView = z.infer<typeof AgentView>
