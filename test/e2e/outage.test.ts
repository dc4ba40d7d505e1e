import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fetchOne, submit, untilConnectivity, untilExecution, viewOf } from '../support/by-cli.ts'
import { Cluster } from '../support/cluster.ts'
import { CutLink } from '../support/cut-link.ts'
import { eventually } from '../support/eventually.ts'
import { samplePath } from '../support/sample.ts'

describe('a cut link', () => {
  it(
    'changes nothing about work that finishes meanwhile: the one result comes when it is healed',
    { timeout: 180_000 },
    async (test) => {
      const link = await CutLink.create(test)
      const cluster = await Cluster.create(link)
      await cluster.startRequester([`--swarm-host=${link.nearHost}`])
      await cluster.startCompute('north')
      await untilConnectivity(cluster, 'connected')
      const id = await submit(cluster, {
        apiVersion: 'edge/v1',
        type: 'ops',
        engine: { type: 'noop', durationMs: 3000 },
      })
      const running = await untilExecution(cluster, id, 'Running')
      await link.cut()

      const result = join(cluster.place, 'north', 'executions', running.executions[0]?.id ?? '', 'result')
      await eventually(async () => (await readFile(join(result, 'exitCode'), 'utf8')) === '0')
      await untilConnectivity(cluster, 'disconnected')
      expect(await viewOf(cluster, id)).toMatchObject({
        state: 'Running',
        executions: [{ state: 'Running', connectivity: 'disconnected', attempt: 1 }],
      })
      expect(await cluster.run(['wait', id, '--timeout', '1'])).toMatchObject({
        code: 5,
        stderr: expect.stringMatching(/north +Running +\(not connected; it works on\)/) as unknown,
      })

      await link.heal()
      expect(await cluster.run(['wait', id, '--timeout', '90'])).toMatchObject({ code: 0 })
      expect(await viewOf(cluster, id)).toMatchObject({
        state: 'Completed',
        executions: [{ id: running.executions[0]?.id, state: 'Completed', attempt: 1, exitCode: 0 }],
      })
      expect(await readFile(join(await fetchOne(cluster, id), 'stdout'), 'utf8')).toContain('did nothing')
    },
  )

  it(
    'in the middle of a result keeps the blocks that came; the rest follows when it is healed',
    { timeout: 180_000 },
    async (test) => {
      const link = await CutLink.create(test)
      const cluster = await Cluster.create(link)
      const footage = join(cluster.place, 'footage')
      await mkdir(footage)
      for (const name of ['horses.mp4', 'dog_person.mp4'])
        await copyFile(samplePath(`videos/${name}`), join(footage, name))
      const requester = await cluster.startRequester([`--swarm-host=${link.nearHost}`])
      await cluster.startCompute('north', [`--allow-listed-local-paths=/videos=${footage}`])
      await untilConnectivity(cluster, 'connected')
      const id = await submit(cluster, {
        apiVersion: 'edge/v1',
        type: 'ops',
        engine: { type: 'onnx', sampleFps: 2 },
        inputs: [{ source: { type: 'localDirectory', path: '/videos' }, target: '/videos' }],
      })
      await untilExecution(cluster, id, 'Running')
      await link.cutAfter(400_000)

      await eventually(() => link.hasHeldBack(), { withinMs: 60_000 })
      await eventually(() => requester.stderr.includes('a result could not be fetched'), {
        withinMs: 60_000,
      })
      expect(await viewOf(cluster, id)).toMatchObject({
        state: 'Running',
        executions: [{ state: 'Publishing' }],
      })
      await link.heal()
      expect(await cluster.run(['wait', id, '--timeout', '90'])).toMatchObject({ code: 0 })
      const fetched = requester.stderr.split('\n').filter((line) => line.includes('a result is here'))
      expect(fetched).toHaveLength(1)
      const { blocks, fetchedBlocks } = JSON.parse(fetched[0] ?? '') as Record<string, number>
      expect(fetchedBlocks).toBeLessThan(blocks ?? 0)
      await fetchOne(cluster, id)
    },
  )
})
