import { copyFile, mkdir, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { JobSpecInput } from '../../src/domain/index.ts'
import { Cluster, edge } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { descendants, isRunning } from '../support/processes.ts'
import { samplePath } from '../support/sample.ts'

async function withFootage(samples: readonly string[]): Promise<{ cluster: Cluster; flag: string }> {
  const cluster = await Cluster.create()
  const folder = join(cluster.place, 'footage')
  await mkdir(folder)
  for (const sample of samples) await copyFile(samplePath(`videos/${sample}`), join(folder, sample))
  return { cluster, flag: `--allow-listed-local-paths=/videos=${folder}` }
}

const noop = (durationMs: number, exitCode = 0): JobSpecInput => ({
  apiVersion: 'edge/v1',
  type: 'ops',
  engine: { type: 'noop', durationMs, exitCode },
})

describe('edge cancel', () => {
  it('ends the work at once: no decoder and no detector stays', { timeout: 90_000 }, async () => {
    const { cluster, flag } = await withFootage(['dog_person.mp4', 'cup_pour.mp4'])
    await cluster.startRequester()
    const node = await cluster.startCompute('north', [flag])
    await cluster.untilConnected(1)
    const idle = (await descendants(node.pid)).map(({ pid }) => pid)
    const run = [
      'onnx',
      'run',
      '--target=all',
      '--input=file:///videos:/videos',
      '--id-only',
      '--sample-fps=30',
    ]
    const id = (await cluster.run(run)).stdout.trim()
    const children = await eventually(async () => {
      const now = await descendants(node.pid)
      return now.some(({ command }) => command.includes('rawvideo')) ? now : undefined
    })
    expect(await cluster.run(['cancel', id])).toMatchObject({ code: 0 })
    for (const { pid } of children.filter((child) => !idle.includes(child.pid)))
      await eventually(async () => !(await isRunning(pid)))
    expect((await cluster.run(['wait', id, '--timeout', '20'])).code).toBe(1)
    const job = await eventually(async () => {
      const view = await cluster.client.job(id)
      return view.executions.every(({ state }) => state === 'Cancelled') ? view : undefined
    })
    expect(job.state).toBe('Stopped')
    expect(job.executions).toHaveLength(1)
    expect((await cluster.run(['list'])).stdout).toMatch(/Stopped/)
    expect((await cluster.run(['cancel', id])).code).toBe(1)

    const after = await cluster.client.submit(noop(0))
    expect((await cluster.run(['wait', after.job.id, '--timeout', '20'])).code).toBe(0)
  })
})

describe('Ctrl-C', () => {
  it('ends the watching, not the job', { timeout: 90_000 }, async () => {
    const { cluster, flag } = await withFootage(['cup_pour.mp4'])
    await cluster.startRequester()
    await cluster.startCompute('north', [flag])
    await cluster.untilConnected(1)
    const watching = cluster.launch(
      'client',
      [edge, 'onnx', 'run', '--target=all', '--input=file:///videos:/videos', '--sample-fps=2'],
      cluster.env,
    )
    await eventually(() => /north +Running/.test(watching.stderr))
    watching.send('SIGINT')
    expect(await watching.ended()).toEqual({ code: 130, signal: null })
    const id = /Job ID: (\S+)/.exec(watching.stdout)?.[1] ?? ''
    expect(watching.stderr).toContain(`edge wait ${id.slice(0, 8)}`)
    expect(watching.stderr).toContain('it goes on')
    expect((await cluster.run(['wait', id, '--timeout', '60'])).code).toBe(0)
  })
})

describe('edge wait', () => {
  it('outlives the requester: it goes on when that is back', { timeout: 90_000 }, async () => {
    const cluster = await Cluster.create()
    await cluster.startRequester()
    await cluster.startCompute('north')
    await cluster.untilConnected(1)
    const { id } = (await cluster.client.submit(noop(4000))).job
    const waiting = cluster.launch('client', [edge, 'wait', id], cluster.env)
    await eventually(() => /north +Running/.test(waiting.stderr))
    await cluster.kill('requester')
    await eventually(() => waiting.stderr.includes('the requester does not answer; trying again'))
    await cluster.startRequester()
    expect(await waiting.ended()).toEqual({ code: 0, signal: null })
    expect(waiting.stdout).toContain('Completed')
  })

  it('says by its exit code how a job ended, or that it did not yet', { timeout: 60_000 }, async () => {
    const cluster = await Cluster.create()
    await cluster.startRequester()
    await cluster.startCompute('north')
    await cluster.untilConnected(1)
    const long = (await cluster.client.submit(noop(3_600_000))).job.id
    expect(await cluster.run(['wait', long, '--timeout', '1'])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining(`edge cancel ${long.slice(0, 8)}`) as unknown,
    })
    expect((await cluster.run(['cancel', long])).code).toBe(0)
    expect(await cluster.run(['wait', long, '--timeout', '20'])).toMatchObject({ code: 1 })

    const bad = (await cluster.client.submit(noop(0, 3))).job.id
    expect(await cluster.run(['wait', bad, '--timeout', '30'])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/Failed[^]*north: Failed: .*3/) as unknown,
    })
    expect(await cluster.client.job(bad)).toMatchObject({
      state: 'Failed',
      executions: [{ state: 'Failed', exitCode: 3, attempt: 1 }],
    })
    expect(await cluster.run(['get', bad])).toMatchObject({ code: 0 })
    const job = join(cluster.place, `job-${bad.slice(0, 8)}`)
    const [folder] = (await readdir(job)).filter((name) => name !== 'manifest.json')
    expect(await readFile(join(job, folder ?? '', 'exitCode'), 'utf8')).toBe('3')
    expect(await readFile(join(job, folder ?? '', 'stdout'), 'utf8')).toContain('did nothing')
  })
})
