import { describe, expect, it } from 'vitest'
import type { ExecutionId, JobId, JobView } from '../../src/domain/index.ts'
import { eventually } from '../support/eventually.ts'
import { nodeInfoOf } from '../support/records.ts'
import { startWorld, statesOf, type RequesterWorld } from '../support/requester-world.ts'
import type { ScriptedNode } from '../support/scripted-node.ts'

const sources = ['localDirectory', 'result']
const inputOf = (job: string) => ({
  inputs: [{ source: { type: 'result', job } as const, target: '/earlier' }],
})

/** A completed job of the node `gate`, and the node `yard` that holds work whose input the job is. */
async function earlierJob(): Promise<{
  world: RequesterWorld
  gate: ScriptedNode
  yard: ScriptedNode
  job: JobView
}> {
  const world = await startWorld()
  const gate = await world.node('gate')
  const job = await world.until(await world.submit({ type: 'ops' }), 'Completed')
  const yard = await world.node('yard', { work: () => 'hold' })
  yard.info = nodeInfoOf('yard', { sources })
  await yard.join()
  const reading = await world.submit(inputOf(job.id.slice(0, 8)))
  await world.untilExecutions(reading, { yard: ['Running'] })
  return { world, gate, yard, job }
}

const ask = (node: ScriptedNode, job: string) => {
  const { network, requester } = node.link()
  return network.call(requester, 'results', { job })
}

async function read(
  node: ScriptedNode,
  jobId: JobId,
  executionId: ExecutionId,
  cids: readonly string[],
): Promise<string[]> {
  const { network, requester } = node.link()
  const came: string[] = []
  for await (const { cid } of network.stream(requester, 'resultBlocks', {
    jobId,
    executionId,
    cids: [...cids],
  }))
    came.push(cid)
  return came
}

describe('results of an earlier job', () => {
  it('are told and served, block by block, to the node that has them as an input', async () => {
    const { gate, yard, job } = await earlierJob()
    const { root, bytes, files } = await gate.result()
    const answer = await ask(yard, job.id.slice(0, 8))
    const [execution] = job.executions
    expect(answer).toEqual({
      jobId: job.id,
      isOver: true,
      results: [{ executionId: execution?.id, nodeName: 'gate', cid: root, bytes, files, fetched: true }],
    })
    const cids = [...(await gate.result()).cids()]
    expect(await read(yard, job.id, execution!.id, cids)).toEqual(cids)
  })

  it('are nobody else’s to read', async () => {
    const { gate, yard, job } = await earlierJob()
    const [execution] = job.executions
    const { root } = await gate.result()
    await expect(ask(gate, job.id)).rejects.toMatchObject({ code: 'forbidden' })
    await expect(read(gate, job.id, execution!.id, [root])).rejects.toMatchObject({ code: 'forbidden' })
    await expect(ask(yard, 'ffffffff')).rejects.toMatchObject({ code: 'job_not_found' })
  })

  it('are all that is served: no block of another result, no result of another job', async () => {
    const { world, gate, yard, job } = await earlierJob()
    const other = await world.node('lane')
    const unread = await world.until(
      await world.submit({ type: 'ops', selector: '' }),
      'Completed',
      'Running',
    )
    await eventually(async () => (await world.requester.results(unread.id)).some(({ fetched }) => fetched))
    const [execution] = job.executions
    const foreign = (await other.result()).root
    expect(foreign).not.toBe((await gate.result()).root)
    await expect(read(yard, job.id, execution!.id, [foreign])).rejects.toMatchObject({
      code: 'block_missing',
    })
    const [strange] = unread.executions
    await expect(read(yard, job.id, strange!.id, [foreign])).rejects.toMatchObject({ code: 'block_missing' })
    await expect(read(yard, unread.id, strange!.id, [foreign])).rejects.toMatchObject({ code: 'forbidden' })
  })
})

describe('a job whose input is not ready', () => {
  it('waits: the node is asked again until it can say yes', async () => {
    const world = await startWorld()
    let bids = 0
    const notReady = {
      accepted: false,
      reason: { code: 'input_not_ready', message: 'not over yet' },
    } as const
    await world.node('gate', { bid: () => (bids++ < 2 ? notReady : { accepted: true }) })
    const job = await world.submit({ type: 'ops' })
    await world.passUntilExecutions(job, { gate: ['AskForBidRejected', 'AskForBidRejected', 'Completed'] })
    expect(statesOf(await world.until(job, 'Completed'))).toHaveProperty('gate')
  })
})
