import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { indexFolder, type ContentIndex } from '../../src/content/index.ts'
import { EdgeError } from '../../src/domain/index.ts'
import type {
  Approval,
  Bid,
  Block,
  BlocksRequest,
  CancelRequest,
  ExecutionId,
  JobId,
  LogLine,
  LogsRequest,
  NodeExecutionState,
  NodeId,
  NodeInfo,
  OfferRequest,
  Outcome,
  Progress,
  PublishedRequest,
  Report,
  ResultSummary,
  StartResponse,
} from '../../src/domain/index.ts'
import type { Network } from '../../src/ports/index.ts'
import { nodeInfoOf } from './records.ts'
import { tempDir } from './temp-dir.ts'

/** How a node’s work goes: `hold` runs until `finish` is called. */
export type Work = 'complete' | 'fail' | 'crash' | 'hold'

export interface Script {
  readonly bid?: (offer: OfferRequest) => Bid | Promise<Bid>
  readonly start?: (start: OfferRequest) => StartResponse
  readonly work?: (start: OfferRequest) => Work
}

export interface ScriptedRun {
  readonly executionId: ExecutionId
  readonly jobId: JobId
  readonly token: number
  state: NodeExecutionState
  outcome?: Outcome
  readonly lines: LogLine[]
}

interface Call {
  readonly method: string
  readonly executionId: ExecutionId
  readonly token?: number
}

/**
 * A compute node that does what its script says, over a real network: joins, bids, reports in order until acknowledged,
 * serves real blocks. What it knows survives `disconnect` and a new `connect`, as a disk would.
 */
export class ScriptedNode {
  readonly id: NodeId
  readonly name: string
  script: Script
  info: NodeInfo
  bootId = 'boot-1'
  dataEpoch = 'epoch-1'
  joinToken: string | undefined
  /** What the requester said when it last joined. */
  approval: Approval | undefined
  joins = 0
  /** The test has cut its link. */
  isCut = false
  /** Blocks are refused while false. */
  isServingBlocks = true
  /** Every call it got about an execution, in order. */
  readonly calls: Call[] = []
  readonly runs = new Map<ExecutionId, ScriptedRun>()
  readonly reports: Report[] = []
  readonly served: string[] = []
  #acked = 0
  #network: Network | undefined
  #requester: NodeId | undefined
  #sending: Promise<void> = Promise.resolve()
  #result: Promise<ContentIndex> | undefined

  constructor(id: NodeId, name: string, script: Script = {}) {
    this.id = id
    this.name = name
    this.script = script
    this.info = nodeInfoOf(name)
  }

  /** Resolves when it has joined. */
  async connect(network: Network, requester: NodeId): Promise<void> {
    this.#network = network
    this.#requester = requester
    network.handle({
      offer: (offer) => this.#onOffer(offer),
      start: (start) => Promise.resolve(this.#onStart(start)),
      cancel: (cancel) => Promise.resolve(this.#onCancel(cancel)),
      published: (published) => Promise.resolve(this.#onPublished(published)),
      logs: (request) => this.#onLogs(request),
      blocks: (request) => this.#onBlocks(request),
    })
    network.onPeer(({ peer, connected }) => {
      if (peer === requester && connected) void this.join()
    })
    await network.start()
    network.keepLink(`/memory/${requester}`)
    for (let turn = 0; turn < 1000 && this.approval === undefined; turn++)
      await new Promise((go) => setImmediate(go))
  }

  async disconnect(): Promise<void> {
    await this.#network?.stop()
    this.#network = undefined
    await this.#sending
  }

  /** As after every new connection. */
  async join(): Promise<void> {
    const { info, bootId, dataEpoch, joinToken } = this
    try {
      const answer = await this.link().network.call(this.link().requester, 'join', {
        info,
        bootId,
        dataEpoch,
        lastReportSeq: this.reports.length,
        ...(joinToken === undefined ? {} : { joinToken }),
      })
      this.approval = answer.approval
      this.#acked = answer.ackedReportSeq
      this.joins += 1
    } catch (error) {
      if (!(error instanceof EdgeError)) throw error
      return
    }
    this.#flush()
  }

  async beat(progress?: Progress): Promise<void> {
    const { network, requester } = this.link()
    const executions = [...this.runs.values()]
      .filter(({ state }) => state === 'Running')
      .map(({ executionId, token, state }) => ({
        executionId,
        token,
        state,
        ...(progress === undefined ? {} : { progress }),
      }))
    const request = { bootId: this.bootId, free: this.info.free, executions }
    const { rejoin } = await network.call(requester, 'heartbeat', request)
    if (rejoin) await this.join()
  }

  /** The data directory is gone: what it ran and what it had to report. */
  loseData(): void {
    this.dataEpoch = `${this.dataEpoch}-new`
    this.bootId = `${this.bootId}-new`
    this.runs.clear()
    this.reports.length = 0
    this.#acked = 0
  }

  /** Ends work that was on hold. */
  async finish(executionId: ExecutionId, how: Exclude<Work, 'hold'>): Promise<void> {
    const run = this.run(executionId)
    if (how === 'crash') {
      this.report(run, 'Failed', { reason: { code: 'engine_crashed', message: 'the engine died' } })
      return
    }
    const exitCode = how === 'complete' ? 0 : 1
    run.outcome =
      how === 'complete'
        ? { state: 'Completed' }
        : { state: 'Failed', reason: { code: 'exit_code', message: 'exit code 1' } }
    this.report(run, 'Publishing', { exitCode, outcome: run.outcome, result: await this.summary() })
  }

  run(executionId: ExecutionId): ScriptedRun {
    const run = this.runs.get(executionId)
    if (run === undefined) throw new Error(`${this.name} has no execution ${executionId}`)
    return run
  }

  /** The first run, for tests with one. */
  get firstRun(): ScriptedRun | undefined {
    return this.runs.values().next().value
  }

  /** Adds a line to the report log and sends what is not acknowledged. */
  report(run: ScriptedRun, state: NodeExecutionState, more: Partial<Report> = {}): void {
    run.state = state
    const { executionId, jobId, token } = run
    this.reports.push({ seq: this.reports.length + 1, executionId, jobId, token, state, atMs: 0, ...more })
    this.#flush()
  }

  /** Sends reports as they are, whether acknowledged or not; gives what the requester acknowledges. */
  async resend(reports: readonly Report[]): Promise<number> {
    const { network, requester } = this.link()
    const { dataEpoch } = this
    const { ackedSeq } = await network.call(requester, 'report', { dataEpoch, reports: [...reports] })
    return ackedSeq
  }

  async summary(): Promise<ResultSummary> {
    const { root: cid, bytes, files } = await this.result()
    return { cid, bytes, files, scannedFiles: 1, scannedBytes: 10, scannedSeconds: 1, events: 0, clips: 0 }
  }

  result(): Promise<ContentIndex> {
    this.#result ??= makeResult(this.name)
    return this.#result
  }

  timesCalled(method: string): number {
    return this.calls.filter((call) => call.method === method).length
  }

  #flush(): void {
    this.#sending = this.#sending.then(async () => {
      try {
        while (this.#network !== undefined && this.#acked < this.reports.length) {
          this.#acked = await this.resend(this.reports.slice(this.#acked, this.#acked + 256))
        }
      } catch (error) {
        if (!(error instanceof EdgeError)) throw error
      }
    })
  }

  async #onOffer(offer: OfferRequest): Promise<Bid> {
    this.calls.push({ method: 'offer', executionId: offer.executionId, token: offer.token })
    return (await this.script.bid?.(offer)) ?? { accepted: true, matchedFiles: 1, matchedBytes: 10 }
  }

  #onStart(start: OfferRequest): StartResponse {
    const { executionId, jobId, token } = start
    this.calls.push({ method: 'start', executionId, token })
    const answer = this.script.start?.(start) ?? { accepted: true }
    if (!answer.accepted || this.runs.has(executionId)) return answer
    const run: ScriptedRun = { executionId, jobId, token, state: 'Accepted', lines: [] }
    this.runs.set(executionId, run)
    const work = this.script.work?.(start) ?? 'complete'
    this.report(run, 'Running')
    if (work !== 'hold') void this.finish(executionId, work)
    return answer
  }

  #onCancel({ executionId, token, reason }: CancelRequest): Record<string, never> {
    this.calls.push({ method: 'cancel', executionId, token })
    const run = this.runs.get(executionId)
    if (run?.state === 'Accepted' || run?.state === 'Running') this.report(run, 'Cancelled', { reason })
    return {}
  }

  #onPublished({ executionId, token }: PublishedRequest): Record<string, never> {
    this.calls.push({ method: 'published', executionId, token })
    const run = this.runs.get(executionId)
    if (run === undefined) throw new EdgeError('execution_not_found', `no execution ${executionId}`)
    if (run.state === 'Publishing') this.report(run, run.outcome?.state ?? 'Completed')
    return {}
  }

  async *#onBlocks({ executionId, cids }: BlocksRequest): AsyncGenerator<Block> {
    this.run(executionId)
    const result = await this.result()
    for (const cid of cids) {
      const bytes = this.isServingBlocks ? await result.read(cid) : undefined
      if (bytes === undefined) throw new EdgeError('block_missing', `no block ${cid}`)
      this.served.push(cid)
      yield { cid, bytes }
    }
  }

  async *#onLogs({ executionId, follow, tail }: LogsRequest): AsyncGenerator<LogLine> {
    const run = this.runs.get(executionId)
    if (run === undefined) throw new EdgeError('execution_not_found', `no execution ${executionId}`)
    let at = tail === undefined ? 0 : Math.max(0, run.lines.length - tail)
    for (;;) {
      for (; at < run.lines.length; at++) yield run.lines[at]!
      if (!follow || (run.state !== 'Running' && run.state !== 'Accepted')) return
      await new Promise((go) => setTimeout(go, 5))
    }
  }

  /** The node’s end of the network, for calls that are not in its script. */
  link(): { readonly network: Network; readonly requester: NodeId } {
    if (this.#network === undefined || this.#requester === undefined) {
      throw new EdgeError('peer_unreachable', `${this.name} is not connected`)
    }
    return { network: this.#network, requester: this.#requester }
  }
}

async function makeResult(name: string): Promise<ContentIndex> {
  const directory = await tempDir()
  await writeFile(join(directory, 'stdout'), `hello from ${name}\nbye\n`)
  await writeFile(join(directory, 'stderr'), 'a warning\n')
  await writeFile(join(directory, 'exitCode'), '0')
  return indexFolder(directory)
}
