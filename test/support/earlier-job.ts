import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { indexFolder, type ContentIndex } from '../../src/content/index.ts'
import { EdgeError, ExecutionId, JobId, type ResultsResponse } from '../../src/domain/index.ts'
import { createMemoryHub } from '../../src/network/index.ts'
import type { Network } from '../../src/ports/index.ts'
import { writeTree } from './folder-tree.ts'
import { nodeIdOf } from './records.ts'
import { tempDir } from './temp-dir.ts'

type Tree = Readonly<Record<string, string | Uint8Array>>

/** A requester that holds the results of earlier jobs, on a memory network with one node. */
export class EarlierJobs {
  readonly node: Network
  readonly requester: Network
  /** Every block that was asked for, in order. */
  readonly asked: string[] = []
  /** Calls about blocks to break off before one is answered. */
  breaks = 0
  /** Changes a block on its way. */
  tamper: ((bytes: Uint8Array) => Uint8Array) | undefined
  readonly #jobs = new Map<string, ResultsResponse>()
  readonly #indexes = new Map<ExecutionId, ContentIndex>()

  private constructor() {
    const hub = createMemoryHub()
    this.node = hub.network(nodeIdOf('node'))
    this.requester = hub.network(nodeIdOf('req'))
  }

  static async start(): Promise<EarlierJobs> {
    const jobs = new EarlierJobs()
    jobs.#answer()
    await Promise.all([jobs.node.start(), jobs.requester.start()])
    await jobs.node.keepLink(`/memory/${jobs.requester.self}`).peer
    onTestFinished(async () => {
      await Promise.all([jobs.node.stop(), jobs.requester.stop()])
    })
    return jobs
  }

  /** A job with one result for each node; gives its id. */
  async add(trees: Readonly<Record<string, Tree>>, state: Partial<ResultsResponse> = {}): Promise<JobId> {
    const jobId = JobId.parse(randomUUID())
    const results: ResultsResponse['results'] = []
    for (const [nodeName, tree] of Object.entries(trees)) {
      const executionId = ExecutionId.parse(`e-${randomUUID()}`)
      const index = await indexFolder(await writeTree(join(await tempDir(), 'r'), tree))
      this.#indexes.set(executionId, index)
      results.push({
        executionId,
        nodeName,
        cid: index.root,
        bytes: index.bytes,
        files: index.files,
        fetched: true,
      })
    }
    this.#jobs.set(jobId, { jobId, isOver: true, results, ...state })
    return jobId
  }

  #answer(): void {
    this.requester.handle({
      results: ({ job }) => {
        const found = this.#jobs.get(job)
        return found === undefined
          ? Promise.reject(new EdgeError('job_not_found', `there is no job ${job}`))
          : Promise.resolve(found)
      },
      resultBlocks: ({ executionId, cids }) => this.#blocks(executionId, cids),
    })
  }

  async *#blocks(executionId: ExecutionId, cids: readonly string[]) {
    for (const cid of cids) {
      this.asked.push(cid)
      if (this.breaks-- > 0) throw new EdgeError('rpc_failed', 'the link broke')
      const bytes = await this.#indexes.get(executionId)?.read(cid)
      if (bytes === undefined) throw new EdgeError('block_missing', `no block ${cid}`)
      yield { cid, bytes: this.tamper?.(bytes) ?? bytes }
    }
  }
}
