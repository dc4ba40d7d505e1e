import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EventsDocument, LedgerDocument } from '../../src/domain/index.ts'
import { Cluster } from '../support/cluster.ts'
import { samplePath } from '../support/sample.ts'

async function folderOf(cluster: Cluster, name: string, samples: readonly string[]): Promise<string> {
  const folder = join(cluster.place, `${name}-videos`)
  await mkdir(folder, { recursive: true })
  for (const sample of samples) await copyFile(samplePath(`videos/${sample}`), join(folder, sample))
  return folder
}

describe('the guide, typed with three processes', () => {
  it('finds events where the footage lies and brings their clips back', { timeout: 240_000 }, async () => {
    const cluster = await Cluster.create()
    const north = await folderOf(cluster, 'north', ['horses.mp4', 'empty_savanna_106x60.mp4'])
    const south = await folderOf(cluster, 'south', ['dog_person.mp4'])
    await cluster.startRequester()
    await cluster.startCompute('north', [
      `--allow-listed-local-paths=/videos=${north}`,
      '--labels=site=north',
    ])
    await cluster.startCompute('south', [`--allow-listed-local-paths=/videos=${south}`])
    await cluster.untilConnected(2)

    const submitted = await cluster.run(['onnx', 'run', '--target=all', '--input', 'file:///videos:/videos'])
    expect(submitted).toMatchObject({ code: 0 })
    const id = /Job ID: ([0-9a-f-]{36})/.exec(submitted.stdout)?.[1] ?? ''
    expect(submitted.stderr).toMatch(/north +Completed/)
    expect(submitted.stderr).toMatch(/south +Completed/)

    expect((await cluster.run(['list'])).stdout).toMatch(new RegExp(`${id.slice(0, 8)}.*Completed +2/2`))
    expect((await cluster.run(['describe', id.slice(0, 8)])).stdout).toContain('state: Completed')
    expect((await cluster.run(['logs', id])).stdout).toMatch(/^south \| .*dog_person\.mp4/m)
    expect((await cluster.run(['wait', id])).code).toBe(0)
    expect((await cluster.run(['node', 'list'])).stdout).toMatch(/north +approved +connected .*site=north/)

    expect(await cluster.run(['get', id])).toMatchObject({ code: 0 })
    const job = join(cluster.place, `job-${id.slice(0, 8)}`)
    const folders = (await readdir(job)).filter((name) => name !== 'manifest.json').sort()
    expect(folders).toEqual([expect.stringMatching(/^north-\w{8}$/), expect.stringMatching(/^south-\w{8}$/)])
    for (const folder of folders) {
      const outputs = join(job, folder, 'outputs')
      const events = EventsDocument.parse(JSON.parse(await readFile(join(outputs, 'events.json'), 'utf8')))
      const ledger = LedgerDocument.parse(JSON.parse(await readFile(join(outputs, 'ledger.json'), 'utf8')))
      expect(ledger.totals.events).toBe(events.events.length)
      expect(events.events.length).toBeGreaterThan(0)
      for (const { clip } of events.events)
        expect((await readFile(join(outputs, clip ?? ''))).subarray(4, 8).toString()).toBe('ftyp')
    }

    expect(await cluster.run(['get', id])).toMatchObject({ code: 0 })
    const ledgerOfNorth = join(job, folders[0] ?? '', 'outputs', 'ledger.json')
    const untouched = await readFile(ledgerOfNorth)
    await writeFile(ledgerOfNorth, 'mine')
    expect(await cluster.run(['get', id])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--force') as unknown,
    })
    expect(await readFile(ledgerOfNorth, 'utf8')).toBe('mine')
    expect(await cluster.run(['get', '--force', id])).toMatchObject({ code: 0 })
    expect(await readFile(ledgerOfNorth)).toEqual(untouched)
    expect(await cluster.run(['get', '--raw', '--output-dir', join(cluster.place, 'raw'), id])).toMatchObject(
      { code: 0 },
    )
    const { results } = JSON.parse(await readFile(join(job, 'manifest.json'), 'utf8')) as {
      results: { cid: string; folder: string }[]
    }
    for (const { cid, folder } of results) {
      const raw = join(cluster.place, 'raw', `job-${id.slice(0, 8)}`, 'raw', cid)
      expect((await cluster.run(['cid', raw])).stdout.trim()).toBe(cid)
      expect((await cluster.run(['cid', join(job, folder)])).stdout.trim()).toBe(cid)
    }
  })
})
