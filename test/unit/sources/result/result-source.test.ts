import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { InputSource } from '../../../../src/ports/index.ts'
import { createResultSource } from '../../../../src/sources/index.ts'
import { EarlierJobs } from '../../../support/earlier-job.ts'
import { noise } from '../../../support/folder-tree.ts'
import { inputCache } from '../../../support/input-cache.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const clip = noise(700_000)
const tree = { stdout: 'hello', 'outputs/clips/gate.mp4': clip, 'outputs/ledger.json': '{}' }

interface Place {
  readonly jobs: EarlierJobs
  readonly dir: string
  readonly source: InputSource
  readonly fetch: (job: string, path?: string, execution?: string) => Promise<string>
}

async function place(quotaBytes?: number): Promise<Place> {
  const [jobs, dir] = [await EarlierJobs.start(), await tempDir()]
  const source = createResultSource({
    cache: await inputCache(dir, quotaBytes),
    network: jobs.node,
    requester: () => Promise.resolve(jobs.requester.self),
    retryMs: [1, 1],
  })
  let executions = 0
  return {
    jobs,
    dir,
    source,
    fetch: async (job, path = '', execution = String(executions++)) =>
      (
        await source.prepare({
          source: { type: 'result', job, path },
          target: '/earlier',
          scratchDir: join(dir, 'executions', execution),
        })
      ).hostPath,
  }
}

describe('a result as input', () => {
  it('lies in a folder for each node that published', async () => {
    const { jobs, fetch } = await place()
    const folder = await fetch(await jobs.add({ north: tree, south: { stdout: 'nothing' } }))
    const [north = '', south = ''] = (await readdir(folder)).sort()
    expect([north, south]).toEqual([expect.stringMatching(/^north-/), expect.stringMatching(/^south-/)])
    expect((await readFile(join(folder, north, 'outputs/clips/gate.mp4'))).equals(clip)).toBe(true)
    expect(await readFile(join(folder, south, 'stdout'), 'utf8')).toBe('nothing')
  })

  it('may be one file or folder: nothing else is fetched, and nodes without it are left out', async () => {
    const { jobs, fetch } = await place()
    const job = await jobs.add({ north: tree, south: { stdout: 'nothing' } })
    const folder = await fetch(job, 'outputs/ledger.json')
    const [north = '', ...more] = await readdir(folder)
    expect(more).toEqual([])
    expect(await readdir(join(folder, north, 'outputs'))).toEqual(['ledger.json'])
    expect(jobs.asked.length).toBeLessThan(8)
  })

  it('is fetched once, also for another job that published the same, and counted at a bid from then on', async () => {
    const { jobs, source, fetch } = await place()
    const [job, same] = [await jobs.add({ north: tree }), await jobs.add({ yard: tree })]
    await fetch(job)
    const { length } = jobs.asked
    await fetch(job)
    await fetch(same)
    expect(jobs.asked).toHaveLength(length)
    expect(await source.inspect({ type: 'result', job: same, path: '' })).toMatchObject({
      ok: true,
      files: 3,
    })
  })

  it('needs no network in a later attempt of the same execution', async () => {
    const { jobs, fetch } = await place()
    const job = await jobs.add({ north: tree })
    const folder = await fetch(job, '', 'one')
    await jobs.requester.stop()
    expect(await fetch(job, '', 'one')).toBe(folder)
    await expect(fetch(job, '', 'two')).rejects.toMatchObject({ code: 'input_unavailable' })
  })

  it('is asked for again when the link breaks, a few times', async () => {
    const { jobs, fetch } = await place()
    const job = await jobs.add({ north: tree })
    jobs.breaks = 2
    await fetch(job)
    jobs.breaks = 1000
    const other = await jobs.add({ north: { stdout: 'other' } })
    await expect(fetch(other)).rejects.toMatchObject({ code: 'input_unavailable' })
  })

  it('with a block that is not what its CID says is thrown away', async () => {
    const { jobs, dir, fetch } = await place()
    const job = await jobs.add({ north: tree })
    jobs.tamper = (bytes) => (bytes.byteLength > 100_000 ? bytes.map((byte) => byte ^ 1) : bytes)
    await expect(fetch(job)).rejects.toMatchObject({ code: 'block_corrupt' })
    expect(await readdir(join(dir, 'inputs/entries'))).toEqual([])
    jobs.tamper = undefined
    await fetch(job)
  })

  it('larger than the quota is not begun', async () => {
    const { jobs, fetch } = await place(100_000)
    await expect(fetch(await jobs.add({ north: tree }))).rejects.toMatchObject({ code: 'payload_too_large' })
    expect(jobs.asked.length).toBeLessThan(8)
  })
})
