import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { JobSpecInput, JobView } from '../../src/domain/index.ts'
import { Cluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { samplePath } from '../support/sample.ts'

const samples = ['horses.mp4', 'dog_person.mp4', 'cup_pour.mp4']
const spec: JobSpecInput = {
  apiVersion: 'edge/v1',
  type: 'ops',
  engine: { type: 'onnx', sampleFps: 5 },
  inputs: [{ source: { type: 'localDirectory', path: '/videos' }, target: '/videos' }],
}

async function clusterWithOneNode(): Promise<Cluster> {
  const cluster = await Cluster.create()
  const folder = join(cluster.place, 'videos')
  await mkdir(folder)
  for (const sample of samples) await copyFile(samplePath(`videos/${sample}`), join(folder, sample))
  await cluster.startCompute('north', computeFlags(cluster))
  return cluster
}

const computeFlags = (cluster: Cluster): readonly string[] => [
  `--allow-listed-local-paths=/videos=${join(cluster.place, 'videos')}`,
]

async function untilRunning(cluster: Cluster, id: string): Promise<JobView> {
  return eventually(async () => {
    const job = await cluster.client.job(id)
    return job.executions.some(
      ({ state, progress }) => state === 'Running' && (progress?.framesDone ?? 0) > 0,
    )
      ? job
      : undefined
  })
}

async function eventsOf(cluster: Cluster, id: string): Promise<string> {
  const directory = join(cluster.place, `results-${id.slice(0, 8)}`)
  expect(await cluster.run(['get', id, '--output-dir', directory])).toMatchObject({ code: 0 })
  const manifest = JSON.parse(
    await readFile(join(directory, `job-${id.slice(0, 8)}`, 'manifest.json'), 'utf8'),
  ) as { results: { folder: string }[] }
  expect(manifest.results).toHaveLength(1)
  return readFile(
    join(directory, `job-${id.slice(0, 8)}`, manifest.results[0]?.folder ?? '', 'outputs', 'events.json'),
    'utf8',
  )
}

async function completed(cluster: Cluster, id: string): Promise<JobView> {
  const job = await eventually(
    async () => {
      const view = await cluster.client.job(id)
      return view.state === 'Completed' || view.state === 'Failed' ? view : undefined
    },
    { withinMs: 120_000 },
  )
  expect(job).toMatchObject({ state: 'Completed' })
  expect(job.executions.filter(({ state }) => state === 'Completed')).toHaveLength(1)
  return job
}

describe('kill -9', () => {
  it(
    'of requester and of node in mid-job loses no event and doubles none',
    { timeout: 400_000 },
    async () => {
      const cluster = await clusterWithOneNode()
      let requester = await cluster.startRequester()
      await cluster.untilConnected(1)
      const undisturbed = (await cluster.client.submit(spec)).job.id
      await completed(cluster, undisturbed)
      const expected = await eventsOf(cluster, undisturbed)

      const first = (await cluster.client.submit(spec)).job.id
      await untilRunning(cluster, first)
      await requester.kill()
      requester = await cluster.startRequester()
      await completed(cluster, first)
      expect(await eventsOf(cluster, first)).toBe(expected)

      const second = (await cluster.client.submit(spec)).job.id
      await untilRunning(cluster, second)
      await cluster.kill('north')
      await cluster.startCompute('north', computeFlags(cluster))
      await completed(cluster, second)
      expect(await eventsOf(cluster, second)).toBe(expected)
    },
  )

  it(
    'of the requester for longer than the job takes: the node reports when it is back',
    { timeout: 300_000 },
    async () => {
      const cluster = await clusterWithOneNode()
      const requester = await cluster.startRequester()
      await cluster.untilConnected(1)
      const { id } = (
        await cluster.client.submit({ ...spec, engine: { type: 'noop', durationMs: 1500 }, inputs: [] })
      ).job
      const [running] = await eventually(async () => {
        const { executions } = await cluster.client.job(id)
        return executions[0]?.state === 'Running' ? executions : undefined
      })
      await requester.kill()
      const done = join(cluster.place, 'north', 'executions', running?.id ?? '', 'result', 'exitCode')
      await eventually(async () => (await readFile(done, 'utf8')) === '0')
      await cluster.startRequester()
      await completed(cluster, id)
    },
  )
})
