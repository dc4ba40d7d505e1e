import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { computeNode } from '../support/compute-node.ts'
import { eventually } from '../support/eventually.ts'
import { newOffer } from '../support/scripted-requester.ts'

it(
  'a node works off 200 executions that wait on it, and nothing of them is left',
  { timeout: 60_000 },
  async () => {
    const node = await computeNode({ maxConcurrent: 2, timings: { resultRetentionMs: 1 } })
    const offers = Array.from({ length: 200 }, (_, index) =>
      newOffer({ engine: { type: 'noop' }, priority: index % 5 }),
    )
    for (const offer of offers) {
      expect(await node.requester.offer(offer)).toMatchObject({ accepted: true })
      expect(await node.requester.start(offer)).toEqual({ accepted: true })
    }
    const published = new Set<string>()
    await eventually(
      async () => {
        for (const offer of offers) {
          const { executionId } = offer
          const record = await node.store.execution(executionId)
          if (published.has(executionId) || record?.state !== 'Publishing' || record.result === undefined)
            continue
          await node.requester.published(offer)
          published.add(executionId)
        }
        expect(published.size).toBe(200)
        return true
      },
      { withinMs: 50_000 },
    )
    const { running, queued, publishing, free } = await node.compute.status()
    expect({ running, queued, publishing, cpu: free.cpu }).toEqual({
      running: 0,
      queued: 0,
      publishing: 0,
      cpu: 4,
    })
    expect((await node.store.executions()).every(({ state }) => state === 'Completed')).toBe(true)
    await eventually(async () => {
      expect(await readdir(join(node.dir, 'executions'))).toEqual([])
      expect(await readdir(join(node.dir, 'published')).catch(() => [])).toEqual([])
      return true
    })
  },
)
