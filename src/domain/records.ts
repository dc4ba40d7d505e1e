import { z } from 'zod'
import { ExecutionId, JobId, NodeId } from './ids.ts'
import { JobSpec, Labels } from './job-spec.ts'
import { Reason } from './reason.ts'
import { ExecutionState, JobState, NodeExecutionState } from './states.ts'

/** Wall time in milliseconds since 1970. */
const timeMs = z.int()
const count = z.int().min(0)

/** What a finished execution publishes; `cid` is the root CIDv1 of its folder. */
export const ResultSummary = z.object({
  cid: z.string().min(8).max(128),
  bytes: count.meta({ description: 'bytes of all files of the result' }),
  files: count,
  scannedFiles: count,
  scannedBytes: count.meta({ description: 'bytes of footage looked at' }),
  scannedSeconds: z.number().min(0),
  events: count,
  clips: count,
})
export type ResultSummary = z.infer<typeof ResultSummary>

/** How far an execution is. Frames are sampled frames; `framesTotal` is an estimate until the last file is open. */
export const Progress = z.object({
  filesDone: count,
  filesTotal: count,
  framesDone: count,
  framesTotal: count,
  framesPerSecond: z.number().min(0),
  events: count,
  etaSeconds: z.number().min(0).optional(),
  currentSource: z.string().max(4096).optional(),
})
export type Progress = z.infer<typeof Progress>

/** What a node has, has free, or gives one execution. */
export const Resources = z.object({
  cpu: z.number().min(0),
  memoryBytes: count,
  diskBytes: count.default(0),
  gpu: count.default(0),
})
export type Resources = z.infer<typeof Resources>

/** An accelerator that the node gives to one execution at a time; `index` counts within its class and vendor. */
export const Device = z.object({
  class: z.string().min(1).max(32).meta({ description: 'gpu, or another class such as coral' }),
  vendor: z.string().max(32).optional(),
  index: count,
  name: z.string().max(200),
  memoryBytes: count.optional(),
})
export type Device = z.infer<typeof Device>

/** What a node tells of itself. */
export const NodeInfo = z.object({
  name: z.string().min(1).max(63),
  version: z.string().max(64),
  labels: Labels,
  engines: z.array(z.object({ type: z.string().max(32), detail: z.string().max(200) })).max(16),
  sources: z.array(z.string().max(32)).max(16),
  capacity: Resources,
  free: Resources,
  allowedPaths: z
    .array(z.string().max(4096))
    .max(256)
    .meta({ description: 'allow-list entries as the owner wrote them' }),
  maxConcurrent: z.int().min(1),
  devices: z.array(Device).max(256).default([]),
})
export type NodeInfo = z.infer<typeof NodeInfo>

export const Approval = z.enum(['approved', 'pending', 'rejected'])
export type Approval = z.infer<typeof Approval>

/** Whether the node is given work: cordoned nodes get none, draining ones also lose what they have not begun. */
export const Duty = z.enum(['active', 'cordoned', 'draining'])
export type Duty = z.infer<typeof Duty>

/** What the requester keeps of a node. Connectivity is not kept: it is what the fleet sees now. */
export const NodeRecord = z.object({
  id: NodeId,
  approval: Approval,
  info: NodeInfo,
  bootId: z.string().max(64),
  dataEpoch: z.string().max(64).meta({ description: 'made anew when the node’s data directory is new' }),
  ackedReportSeq: count,
  firstSeenAtMs: timeMs,
  lastSeenAtMs: timeMs,
  duty: Duty.default('active'),
  drainUntilMs: timeMs.optional().meta({ description: 'draining: running work is stopped then' }),
  setLabels: z
    .record(z.string(), z.string().nullable())
    .default({})
    .meta({ description: 'set at the requester, in place of what the node says; null takes a label away' }),
})
export type NodeRecord = z.infer<typeof NodeRecord>

export const Connectivity = z.enum(['connected', 'disconnected'])
export type Connectivity = z.infer<typeof Connectivity>

export const JobRecord = z.object({
  id: JobId,
  spec: JobSpec,
  state: JobState,
  revision: count,
  reason: Reason.optional(),
  idempotencyKey: z.string().max(200).optional(),
  createdAtMs: timeMs,
  updatedAtMs: timeMs,
})
export type JobRecord = z.infer<typeof JobRecord>

/** The end an execution had on the node, kept while its result is still on the way. */
export const Outcome = z.object({
  state: z.enum(['Completed', 'Failed', 'Cancelled']),
  reason: Reason.optional(),
})
export type Outcome = z.infer<typeof Outcome>

/** How a bid compared with the others of its job, best first; `parts` in the order in which they count. */
export const Choice = z.object({
  isChosen: z.boolean(),
  position: z.int().min(1),
  of: z.int().min(1),
  parts: z.array(z.object({ name: z.string().max(32), value: z.number() })).max(16),
})
export type Choice = z.infer<typeof Choice>

/** What a node found of the inputs when it bid. */
export const BidFacts = z.object({ matchedFiles: count, matchedBytes: count })
export type BidFacts = z.infer<typeof BidFacts>

/** One run of a job on one node, as the requester knows it. `token` fences: a node obeys the highest it saw. */
export const ExecutionRecord = z.object({
  id: ExecutionId,
  jobId: JobId,
  nodeId: NodeId,
  nodeName: z.string().max(63),
  attempt: z.int().min(1),
  partition: count
    .optional()
    .meta({ description: 'batch: which of the `count` parts, from 0; set when started' }),
  token: z.int().min(1),
  state: ExecutionState,
  revision: count,
  reason: Reason.optional(),
  exitCode: z.int().optional(),
  outcome: Outcome.optional(),
  result: ResultSummary.optional(),
  createdAtMs: timeMs,
  updatedAtMs: timeMs,
  runningAtMs: timeMs.optional(),
  bid: BidFacts.optional(),
  choice: Choice.optional(),
})
export type ExecutionRecord = z.infer<typeof ExecutionRecord>

/** One line of the requester’s append-only event log. */
export const HistoryEntry = z.object({
  seq: count,
  atMs: timeMs,
  jobId: JobId,
  executionId: ExecutionId.optional(),
  nodeId: NodeId.optional(),
  entity: z.enum(['job', 'execution']),
  from: z.string().max(32).nullable(),
  to: z.string().max(32),
  revision: count,
  reason: Reason.optional(),
})
export type HistoryEntry = z.infer<typeof HistoryEntry>

/** One execution as its node knows it: survives restarts of the node. */
export const NodeExecutionRecord = z.object({
  id: ExecutionId,
  jobId: JobId,
  token: z.int().min(1),
  partition: count.optional(),
  spec: JobSpec,
  state: NodeExecutionState,
  revision: count,
  starts: count.meta({ description: 'how often work on it began; 3 crashes make it poison' }),
  reason: Reason.optional(),
  exitCode: z.int().optional(),
  outcome: Outcome.optional(),
  result: ResultSummary.optional(),
  createdAtMs: timeMs,
  updatedAtMs: timeMs,
})
export type NodeExecutionRecord = z.infer<typeof NodeExecutionRecord>
