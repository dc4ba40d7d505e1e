import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { JobSpecInput } from '../../src/domain/index.ts'
import { fetchOne, submit, untilConnectivity, untilExecution, viewOf } from '../support/by-cli.ts'
import { Cluster } from '../support/cluster.ts'
import { CutLink } from '../support/cut-link.ts'
import { eventually } from '../support/eventually.ts'
import { samplePath } from '../support/sample.ts'

describe('while the link is cut', () => {
  it(
    'both ends may die and start again: the node works on alone, and nothing is lost or doubled',
    { timeout: 240_000 },
    async (test) => {
      const link = await CutLink.create(test)
      const cluster = await Cluster.create(link)
      const footage = join(cluster.place, 'footage')
      await mkdir(footage)
      for (const name of ['horses.mp4', 'cup_pour.mp4'])
        await copyFile(samplePath(`videos/${name}`), join(footage, name))
      const startRequester = () => cluster.startRequester([`--swarm-host=${link.nearHost}`])
      const startNorth = () =>
        cluster.startCompute('north', [`--allow-listed-local-paths=/videos=${footage}`])
      const spec: JobSpecInput = {
        apiVersion: 'edge/v1',
        type: 'ops',
        engine: { type: 'onnx', sampleFps: 5 },
        inputs: [{ source: { type: 'localDirectory', path: '/videos' }, target: '/videos' }],
      }
      await startRequester()
      await startNorth()
      await untilConnectivity(cluster, 'connected')
      const undisturbed = await submit(cluster, spec)
      expect(await cluster.run(['wait', undisturbed])).toMatchObject({ code: 0 })
      const events = (id: string) =>
        fetchOne(cluster, id).then((folder) => readFile(join(folder, 'outputs', 'events.json'), 'utf8'))
      const expected = await events(undisturbed)

      const id = await submit(cluster, spec)
      const running = await untilExecution(cluster, id, 'Running')
      await link.cut()
      await cluster.kill('north')
      await cluster.kill('requester')
      await startNorth()
      await startRequester()
      const execution = running.executions[0]?.id ?? ''
      const exitCode = join(cluster.place, 'north', 'executions', execution, 'result', 'exitCode')
      await eventually(async () => (await readFile(exitCode, 'utf8')) === '0', { withinMs: 60_000 })
      expect(await viewOf(cluster, id)).toMatchObject({
        state: 'Running',
        executions: [{ id: execution, state: 'Running', connectivity: 'disconnected' }],
      })

      await link.heal()
      expect(await cluster.run(['wait', id, '--timeout', '90'])).toMatchObject({ code: 0 })
      expect((await viewOf(cluster, id)).executions).toMatchObject([
        { id: execution, state: 'Completed', attempt: 1 },
      ])
      expect(await events(id)).toBe(expected)
    },
  )

  it('a job can be cancelled: the node stops when it hears of it', { timeout: 120_000 }, async (test) => {
    const link = await CutLink.create(test)
    const cluster = await Cluster.create(link)
    await cluster.startRequester([`--swarm-host=${link.nearHost}`])
    await cluster.startCompute('north')
    await untilConnectivity(cluster, 'connected')
    const id = await submit(cluster, {
      apiVersion: 'edge/v1',
      type: 'ops',
      engine: { type: 'noop', durationMs: 3_600_000 },
    })
    await untilExecution(cluster, id, 'Running')
    await link.cut()
    expect(await cluster.run(['cancel', id])).toMatchObject({ code: 0 })
    expect(await viewOf(cluster, id)).toMatchObject({ state: 'Stopped', executions: [{ state: 'Running' }] })
    await link.heal()
    await untilExecution(cluster, id, 'Cancelled')
    const [north] = await untilConnectivity(cluster, 'connected')
    expect(north).toMatchObject({ runningExecutions: 0 })
    const next = await submit(cluster, { apiVersion: 'edge/v1', type: 'ops', engine: { type: 'noop' } })
    expect(await cluster.run(['wait', next, '--timeout', '60'])).toMatchObject({ code: 0 })
  })
})
