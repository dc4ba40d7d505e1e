import { readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cidOf } from '../../src/content/index.ts'
import type { ExecutionId, JobSpec } from '../../src/domain/index.ts'
import { createNoopEngine } from '../../src/engines/noop/index.ts'
import type { Engine, Publisher } from '../../src/ports/index.ts'
import { systemClock } from '../../src/utils/system-clock.ts'
import { computeNode } from '../support/compute-node.ts'
import type { ComputeNode } from '../support/compute-node.ts'
import { eventually } from '../support/eventually.ts'
import { newOffer } from '../support/scripted-requester.ts'

const nothing = { scannedFiles: 0, scannedBytes: 0, scannedSeconds: 0, events: 0, clips: 0 }
const resultDir = ({ dir }: ComputeNode, id: ExecutionId): string => join(dir, 'executions', id, 'result')
const executionsOf = ({ dir }: ComputeNode): Promise<string[]> => readdir(join(dir, 'executions'))

describe('an execution on its node', () => {
  it('is bid for, run, published and completed, with every state reported once', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('good'))
    expect(await node.requester.offer(offer)).toEqual({ accepted: true, matchedFiles: 1, matchedBytes: 21 })
    expect(await node.requester.start(offer)).toEqual({ accepted: true })
    const { result, outcome, exitCode } = await node.requester.report(offer.executionId, 'Publishing')
    const folder = resultDir(node, offer.executionId)
    expect(outcome).toEqual({ state: 'Completed' })
    expect(exitCode).toBe(0)
    expect(result).toMatchObject({
      cid: await cidOf(folder),
      files: 4,
      scannedSeconds: 3,
      events: 1,
      clips: 1,
    })
    expect(await readFile(join(folder, 'stdout'), 'utf8')).toBe('begin\nend\n')
    expect(await readFile(join(folder, 'stderr'), 'utf8')).toBe('careful\n')
    expect(await readFile(join(folder, 'exitCode'), 'utf8')).toBe('0')
    expect(await readdir(join(folder, 'outputs'))).toEqual(['events.json'])
    await node.requester.published(offer)
    await node.requester.report(offer.executionId, 'Completed')
    await node.requester.published(offer)
    expect(node.requester.states(offer.executionId)).toEqual([
      'Accepted',
      'Preparing',
      'Running',
      'Publishing',
      'Completed',
    ])
    expect(await node.store.executions({ live: true })).toEqual([])
  })

  it('gets its spec with what only its node knows', async () => {
    const seen: JobSpec[] = []
    const engine: Engine = {
      ...createNoopEngine({ clock: systemClock }),
      objection: (spec) => {
        seen.push(spec)
        return Promise.resolve(undefined)
      },
      run: (work) => {
        seen.push(work.spec)
        return Promise.resolve({ ...nothing, exitCode: 0 })
      },
    }
    const node = await computeNode({ engines: [engine] })
    const offer = newOffer({ engine: { type: 'noop' } })
    await node.requester.offer(offer)
    await node.requester.start(offer)
    await node.requester.report(offer.executionId, 'Publishing')
    const env = {
      EDGE_EXECUTION_ID: offer.executionId,
      EDGE_JOB_ID: offer.jobId,
      EDGE_JOB_TYPE: 'batch',
      EDGE_NODE_NAME: 'edge',
      EDGE_PARTITION_INDEX: '0',
      EDGE_PARTITION_COUNT: '1',
    }
    expect(seen).toEqual([
      { ...offer.spec, env },
      { ...offer.spec, env },
    ])
  })

  it('serves blocks of its result, and no others', async () => {
    const node = await computeNode()
    const [first, second] = [
      newOffer(node.work('good')),
      newOffer({ engine: { type: 'noop', durationMs: 1 } }),
    ]
    for (const offer of [first, second]) await node.requester.start(offer)
    const { result } = await node.requester.report(first.executionId, 'Publishing')
    const { result: other } = await node.requester.report(second.executionId, 'Publishing')
    const cid = result?.cid ?? ''
    expect((await node.requester.block(first.executionId, cid)).length).toBeGreaterThan(0)
    const missing = { code: 'block_missing' }
    await expect(node.requester.block(second.executionId, cid)).rejects.toMatchObject(missing)
    await expect(node.requester.block(first.executionId, other?.cid ?? '')).rejects.toMatchObject(missing)
    await expect(node.requester.block(newOffer().executionId, cid)).rejects.toMatchObject(missing)
  })

  it('fails with its exit code when the work does, and what it left is published all the same', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('bad'))
    await node.requester.start(offer)
    const { outcome, exitCode, result } = await node.requester.report(offer.executionId, 'Publishing')
    expect(outcome).toMatchObject({ state: 'Failed', reason: { code: 'exit_code' } })
    expect(exitCode).toBe(3)
    expect(result?.files).toBe(4)
    await node.requester.published(offer)
    expect(await node.requester.report(offer.executionId, 'Failed')).toMatchObject({
      exitCode: 3,
      reason: { code: 'exit_code' },
    })
  })

  it('fails with the engine’s words when the engine cannot go on, and publishes what there is', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('refuse'))
    await node.requester.start(offer)
    const { outcome, result } = await node.requester.report(offer.executionId, 'Publishing')
    expect(outcome).toEqual({
      state: 'Failed',
      reason: { code: 'engine_failed', message: 'gate.mp4 is no video' },
    })
    expect(result?.files).toBe(3)
    expect(await node.requester.logs(offer.executionId)).toContainEqual({
      stream: 'stderr',
      text: 'edge: gate.mp4 is no video',
      atMs: expect.any(Number) as number,
    })
  })

  it('fails at once when its input is gone by the time it begins', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('good'))
    expect(await node.requester.offer(offer)).toMatchObject({ accepted: true })
    await rm(node.videos, { recursive: true })
    await node.requester.start(offer)
    const { reason, result } = await node.requester.report(offer.executionId, 'Failed')
    expect(reason).toMatchObject({ code: 'path_missing' })
    expect(result).toBeUndefined()
    expect(node.engine.begun).toEqual([])
  })

  it('begins again after a crash, with its checkpoints', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('crash-once'))
    await node.requester.start(offer)
    const { outcome } = await node.requester.report(offer.executionId, 'Publishing')
    expect(outcome).toEqual({ state: 'Completed' })
    expect(node.engine.begun).toHaveLength(2)
    expect(node.requester.states(offer.executionId)).toEqual([
      'Accepted',
      'Preparing',
      'Running',
      'Publishing',
    ])
  })

  it('is poison after three crashes at one spot, and its partial results are published', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('crash'))
    await node.requester.start(offer)
    const { outcome, result, exitCode } = await node.requester.report(offer.executionId, 'Publishing')
    expect(outcome).toMatchObject({ state: 'Failed', reason: { code: 'poison' } })
    expect(exitCode).toBeUndefined()
    expect(result?.files).toBe(3)
    expect(node.engine.begun).toHaveLength(3)
  })

  it('is no poison as long as it gets on between crashes', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('progress-crash'))
    await node.requester.start(offer)
    const { outcome } = await node.requester.report(offer.executionId, 'Publishing')
    expect(outcome).toEqual({ state: 'Completed' })
    expect(node.engine.begun).toHaveLength(7)
  })

  it('is stopped when it ran too long, and what it left is published', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('hang', { timeouts: { executionSeconds: 1 } }))
    await node.requester.start(offer)
    const { outcome, result } = await node.requester.report(offer.executionId, 'Publishing')
    expect(outcome).toMatchObject({ state: 'Failed', reason: { code: 'execution_timeout' } })
    expect(result?.files).toBe(3)
    expect(node.engine.alive).toBe(0)
  })

  it('is published again and again until that succeeds, and stays finished meanwhile', async () => {
    let failures = 3
    const attempts: number[] = []
    const node = await computeNode({ isStarted: false })
    const { publishers } = failing(node, () => {
      attempts.push(1)
      if (failures-- > 0) throw new Error('no space left on device')
    })
    await node.restart({ publishers })
    await node.requester.joined()
    const offer = newOffer(node.work('good'))
    await node.requester.start(offer)
    expect(await node.requester.report(offer.executionId, 'Publishing')).toMatchObject({
      outcome: { state: 'Completed' },
    })
    expect(attempts).toHaveLength(4)
    expect(node.engine.begun).toHaveLength(1)
  })

  it('keeps what no result may hold out of it, and names it', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('link'))
    await node.requester.start(offer)
    const { result, outcome } = await node.requester.report(offer.executionId, 'Publishing')
    expect(outcome).toEqual({ state: 'Completed' })
    expect(result?.files).toBe(3)
    const lines = await node.requester.logs(offer.executionId)
    expect(lines.map(({ text }) => text).join('\n')).toContain('outputs/passwd" is a link or special file')
  })

  it('leaves nothing on disk when its result has stayed long enough', async () => {
    const node = await computeNode({ timings: { resultRetentionMs: 0 } })
    const offer = newOffer(node.work('good'))
    await node.requester.start(offer)
    await node.requester.published(offer)
    await eventually(async () => (await executionsOf(node)).length === 0)
    await eventually(async () => (await readdir(join(node.dir, 'published'))).length === 0)
    expect(await node.store.checkpoints(offer.executionId)).toEqual(new Map())
    expect(await node.requester.logs(offer.executionId)).toEqual([])
  })

  it('keeps what is not published as long as its result, and no longer', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('keep'))
    await node.requester.start(offer)
    const { result } = await node.requester.report(offer.executionId, 'Publishing')
    expect(result?.files).toBe(4)
    const folder = join(node.dir, 'executions', offer.executionId)
    expect((await readdir(folder)).sort()).toEqual(['kept', 'log', 'result'])

    const brief = await computeNode({ timings: { resultRetentionMs: 0 } })
    const other = newOffer(brief.work('keep'))
    await brief.requester.start(other)
    await brief.requester.published(other)
    await eventually(async () => (await executionsOf(brief)).length === 0)
  })

  it('has no scratch folder any more when its work has ended', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('good'))
    await node.requester.start(offer)
    await node.requester.report(offer.executionId, 'Publishing')
    expect((await readdir(join(node.dir, 'executions', offer.executionId))).sort()).toEqual(['log', 'result'])
  })
})

function failing(node: ComputeNode, before: () => void): { publishers: Publisher[] } {
  const inner = node.publisher
  return {
    publishers: [
      {
        type: inner.type,
        publish: async (...args) => {
          before()
          return inner.publish(...args)
        },
        block: (id, cid) => inner.block(id, cid),
        remove: (id) => inner.remove(id),
      },
    ],
  }
}
