import { EdgeError } from '../../src/domain/index.ts'
import type {
  Approval,
  Bid,
  ExecutionId,
  HeartbeatRequest,
  JobId,
  JoinRequest,
  JobSpecInput,
  LogLine,
  NodeExecutionState,
  NodeId,
  OfferRequest,
  Reason,
  Report,
  StartResponse,
} from '../../src/domain/index.ts'
import type { Network } from '../../src/ports/index.ts'
import { eventually } from './eventually.ts'
import { specOf } from './records.ts'

/** A requester that does what a test tells it, and keeps what it was told. */
export class ScriptedRequester {
  readonly network: Network
  readonly node: NodeId
  readonly joins: JoinRequest[] = []
  readonly heartbeats: HeartbeatRequest[] = []
  /** Every report that came, repeated ones too. */
  readonly received: Report[] = []
  /** What it knows: each sequence number once, in order. */
  known: readonly Report[] = []
  approval: Approval = 'approved'
  heartbeatIntervalMs = 20
  /** The next heartbeat is answered with `rejoin`. */
  wantsRejoin = false
  /** Takes at most so many reports of a batch. */
  takes = Number.POSITIVE_INFINITY
  /** Loses the answer to the next so many reports: they took effect, the node does not know. */
  losesAnswers = 0

  constructor(network: Network, node: NodeId) {
    this.network = network
    this.node = node
    network.handle({
      join: (request) => {
        this.joins.push(request)
        const { approval, heartbeatIntervalMs } = this
        return Promise.resolve({ approval, ackedReportSeq: this.acked, heartbeatIntervalMs })
      },
      heartbeat: (request) => {
        this.heartbeats.push(request)
        const rejoin = this.wantsRejoin
        this.wantsRejoin = false
        return Promise.resolve({ approval: this.approval, rejoin })
      },
      report: ({ reports }) => {
        this.received.push(...reports)
        const fresh = reports.filter(({ seq }) => seq > this.acked).slice(0, this.takes)
        this.known = [...this.known, ...fresh]
        if (this.losesAnswers-- > 0) throw new EdgeError('rpc_failed', 'the answer was lost')
        return Promise.resolve({ ackedSeq: this.acked })
      },
    })
  }

  get acked(): number {
    return this.known.at(-1)?.seq ?? 0
  }

  /** The states that were reported of an execution, in order. */
  states(id: ExecutionId): NodeExecutionState[] {
    return this.known.filter(({ executionId }) => executionId === id).map(({ state }) => state)
  }

  async report(id: ExecutionId, state: NodeExecutionState): Promise<Report> {
    return eventually(() => this.known.find((report) => report.executionId === id && report.state === state))
  }

  /** Resolves when the node has joined and said that it lives. */
  async joined(): Promise<void> {
    await eventually(() => this.heartbeats.length > 0)
  }

  offer(offer: OfferRequest): Promise<Bid> {
    return this.network.call(this.node, 'offer', offer)
  }
  start(offer: OfferRequest): Promise<StartResponse> {
    return this.network.call(this.node, 'start', offer)
  }
  async cancel(
    { executionId, token }: OfferRequest,
    code: Reason['code'] = 'cancelled_by_user',
  ): Promise<void> {
    await this.network.call(this.node, 'cancel', {
      executionId,
      token,
      reason: { code, message: 'the test wants it' },
    })
  }
  /** Says that the result which was reported is here. */
  async published({ executionId, token }: OfferRequest): Promise<void> {
    const { result } = await this.report(executionId, 'Publishing')
    await this.network.call(this.node, 'published', { executionId, token, cid: result?.cid ?? 'no-result' })
  }
  async logs(id: ExecutionId, query: { follow?: boolean; tail?: number } = {}): Promise<LogLine[]> {
    const lines: LogLine[] = []
    const { follow = false, ...rest } = query
    for await (const line of this.network.stream(this.node, 'logs', { executionId: id, follow, ...rest }))
      lines.push(line)
    return lines
  }
  async block(id: ExecutionId, cid: string): Promise<Uint8Array> {
    for await (const block of this.network.stream(this.node, 'blocks', { executionId: id, cids: [cid] }))
      return block.bytes
    throw new Error('no block came')
  }
}

let offers = 0

/** An offer of new work, with a token higher than all before. */
export function newOffer(spec: Partial<JobSpecInput> = {}): OfferRequest {
  const n = (++offers).toString(16).padStart(8, '0')
  return {
    executionId: `e-${n}-0000-4000-8000-000000000000` as ExecutionId,
    jobId: `${n}-0000-4000-8000-000000000000` as JobId,
    token: 100 + offers,
    spec: specOf(spec),
  }
}
