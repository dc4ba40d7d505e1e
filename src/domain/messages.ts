import { z } from 'zod'
import { ExecutionId, JobId } from './ids.ts'
import { JobSpec } from './job-spec.ts'
import { Reason } from './reason.ts'
import { Approval, NodeInfo, Outcome, Progress, ResultSummary } from './records.ts'
import { NodeExecutionState } from './states.ts'

/**
 * What requester and node say to each other. Every call is idempotent: (execution id, token) names the work,
 * report sequence numbers name the news, and saying a thing twice has the effect of saying it once.
 */
const count = z.int().min(0)
const token = z.int().min(1)
const cid = z.string().min(8).max(128)

/** Node -> requester, first on every new connection, and again when the info changes. */
export const JoinRequest = z.object({
  info: NodeInfo,
  bootId: z.string().min(1).max(64),
  dataEpoch: z.string().min(1).max(64),
  joinToken: z.string().max(200).optional(),
  lastReportSeq: count,
})
export type JoinRequest = z.infer<typeof JoinRequest>

export const JoinResponse = z.object({
  approval: Approval,
  reason: Reason.optional(),
  ackedReportSeq: count.meta({ description: 'the node sends its reports again from here' }),
  heartbeatIntervalMs: z.int().min(10),
})
export type JoinResponse = z.infer<typeof JoinResponse>

/** Node -> requester, every heartbeat interval: a lease, and progress that may be lost. */
export const HeartbeatRequest = z.object({
  bootId: z.string().min(1).max(64),
  free: NodeInfo.shape.free,
  executions: z
    .array(
      z.object({ executionId: ExecutionId, token, state: NodeExecutionState, progress: Progress.optional() }),
    )
    .max(10_000),
})
export type HeartbeatRequest = z.infer<typeof HeartbeatRequest>

export const HeartbeatResponse = z.object({
  approval: Approval,
  rejoin: z.boolean().meta({ description: 'the requester does not know this boot: join again' }),
})
export type HeartbeatResponse = z.infer<typeof HeartbeatResponse>

/** One line of the node’s ordered report log: a state reached. `result` and `outcome` come with Publishing. */
export const Report = z.object({
  seq: z.int().min(1),
  executionId: ExecutionId,
  jobId: JobId,
  token,
  state: NodeExecutionState,
  atMs: z.int(),
  reason: Reason.optional(),
  exitCode: z.int().optional(),
  outcome: Outcome.optional(),
  result: ResultSummary.optional(),
})
export type Report = z.infer<typeof Report>

export const ReportRequest = z.object({
  dataEpoch: z.string().min(1).max(64),
  reports: z.array(Report).min(1).max(256),
})
export type ReportRequest = z.infer<typeof ReportRequest>

export const ReportResponse = z.object({ ackedSeq: count })
export type ReportResponse = z.infer<typeof ReportResponse>

/** Requester -> node: would you run this? The answer reserves capacity for a minute. */
export const OfferRequest = z.object({
  executionId: ExecutionId,
  jobId: JobId,
  token,
  spec: JobSpec,
  partition: count.optional().meta({ description: 'of a batch job, when it is started' }),
})
export type OfferRequest = z.infer<typeof OfferRequest>

export const Bid = z.object({
  accepted: z.boolean(),
  reason: Reason.optional(),
  matchedFiles: count.optional(),
  matchedBytes: count.optional(),
})
export type Bid = z.infer<typeof Bid>

/** Requester -> node: run it. Holds the whole spec, so that a node that forgot its bid can still accept. */
export const StartRequest = OfferRequest
export type StartRequest = OfferRequest
/** `accepted: false` with a reason when the node cannot; true also when it already runs or ran it. */
export const StartResponse = z.object({ accepted: z.boolean(), reason: Reason.optional() })
export type StartResponse = z.infer<typeof StartResponse>

/** Requester -> node: stop it. The node answers at once and reports Cancelled when it has stopped. */
export const CancelRequest = z.object({ executionId: ExecutionId, token, reason: Reason })
export type CancelRequest = z.infer<typeof CancelRequest>

/** Requester -> node: every block of the result is on the requester’s disk. */
export const PublishedRequest = z.object({ executionId: ExecutionId, token, cid })
export type PublishedRequest = z.infer<typeof PublishedRequest>

export const Empty = z.object({})

/** Requester -> node: what it printed. Ends when all is sent, with `follow` when the execution is over. */
export const LogsRequest = z.object({
  executionId: ExecutionId,
  follow: z.boolean(),
  tail: z.int().min(0).max(1_000_000).optional(),
})
export type LogsRequest = z.infer<typeof LogsRequest>
export const LogLine = z.object({
  stream: z.enum(['stdout', 'stderr']),
  text: z.string().max(65_536),
  atMs: z
    .int()
    .optional()
    .meta({ description: 'when it was printed, by the clock of the node; what a result keeps has no times' }),
})
export type LogLine = z.infer<typeof LogLine>

/** Requester -> node: blocks out of one published result, answered in the order asked. */
export const BlocksRequest = z.object({ executionId: ExecutionId, cids: z.array(cid).min(1).max(256) })
export type BlocksRequest = z.infer<typeof BlocksRequest>
export const Block = z.object({ cid, bytes: z.instanceof<typeof Uint8Array<ArrayBufferLike>>(Uint8Array) })
export type Block = z.infer<typeof Block>

/** Node -> requester: the results of a job that is an input of one of the node’s executions. `job` may be a short id. */
export const ResultsRequest = z.object({ job: z.string().min(1).max(64) })
export type ResultsRequest = z.infer<typeof ResultsRequest>
export const ResultsResponse = z.object({
  jobId: JobId,
  isOver: z.boolean(),
  results: z
    .array(
      z.object({
        executionId: ExecutionId,
        nodeName: z.string().max(63),
        cid,
        bytes: count,
        files: count,
        fetched: z.boolean().meta({ description: 'every block is at the requester' }),
      }),
    )
    .max(1000),
})
export type ResultsResponse = z.infer<typeof ResultsResponse>

/** Node -> requester: blocks out of one of these results, answered in the order asked. */
export const ResultBlocksRequest = z.object({
  jobId: JobId,
  executionId: ExecutionId,
  cids: z.array(cid).min(1).max(256),
})
export type ResultBlocksRequest = z.infer<typeof ResultBlocksRequest>

const MiB = 1_048_576
/** One call, one answer. */
const unary = <Request extends z.ZodType, Response extends z.ZodType>(request: Request, response: Response) =>
  ({ kind: 'unary', request, response, maxBytes: MiB, deadlineMs: 10_000, protocol: 'control' }) as const
/** One call, many answers with backpressure; `deadlineMs` bounds the wait for each answer, not the whole. */
const streaming = <
  Request extends z.ZodType,
  Response extends z.ZodType,
  Protocol extends 'control' | 'blocks',
>(
  request: Request,
  response: Response,
  protocol: Protocol,
  deadlineMs: number,
) => ({ kind: 'stream', request, response, maxBytes: 2 * MiB, deadlineMs, protocol }) as const

/**
 * Every call there is: its schemas (checked at both ends), its size limit per message in bytes and its deadline.
 * `protocol` picks the libp2p protocol: /edge/control/1.0.0 or /edge/blocks/1.0.0.
 */
export const rpc = {
  join: unary(JoinRequest, JoinResponse),
  heartbeat: unary(HeartbeatRequest, HeartbeatResponse),
  report: unary(ReportRequest, ReportResponse),
  offer: unary(OfferRequest, Bid),
  start: unary(StartRequest, StartResponse),
  cancel: unary(CancelRequest, Empty),
  published: unary(PublishedRequest, Empty),
  logs: streaming(LogsRequest, LogLine, 'control', 86_400_000),
  blocks: streaming(BlocksRequest, Block, 'blocks', 30_000),
  results: unary(ResultsRequest, ResultsResponse),
  resultBlocks: streaming(ResultBlocksRequest, Block, 'blocks', 30_000),
} as const

type Table = typeof rpc
export type Method = keyof Table
export type UnaryMethod = { [M in Method]: Table[M]['kind'] extends 'unary' ? M : never }[Method]
export type StreamMethod = Exclude<Method, UnaryMethod>
export type RequestOf<M extends Method> = z.infer<Table[M]['request']>
export type ResponseOf<M extends Method> = z.infer<Table[M]['response']>

/** Calls that a peer may make before the requester approved it. */
export const openMethods: readonly Method[] = ['join']
