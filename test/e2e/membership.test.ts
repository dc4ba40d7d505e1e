import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import type { JobSpecInput } from '../../src/domain/index.ts'
import { Cluster, runEdge } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'

const noop: JobSpecInput = { apiVersion: 'edge/v1', type: 'ops', engine: { type: 'noop' } }
const token = 'open-sesame-1234'

async function untilListed(cluster: Cluster, name: string, approval: string): Promise<void> {
  await eventually(async () => {
    const { stdout } = await cluster.run(['node', 'list'])
    return new RegExp(`${name} +${approval} `).test(stdout)
  })
}

/** Nodes that did the job’s work, by name. */
async function workersOf(cluster: Cluster, id: string): Promise<readonly string[]> {
  const { executions } = await cluster.client.job(id)
  return executions
    .filter(({ state }) => state === 'Completed')
    .map(({ nodeName }) => nodeName)
    .sort()
}

describe('a requester with a join token', () => {
  it(
    'gives work to who showed it or was approved by name, and to nobody else',
    { timeout: 120_000 },
    async () => {
      const cluster = await Cluster.create()
      await cluster.startRequester([`--join-token=${token}`])
      await cluster.startCompute('knows', [`--join-token=${token}`])
      const without = await cluster.startCompute('without')
      const wrong = await cluster.startCompute('wrong', ['--join-token=open-sesame-4321'])
      await untilListed(cluster, 'knows', 'approved')
      await untilListed(cluster, 'without', 'pending')
      await untilListed(cluster, 'wrong', 'pending')
      await eventually(() => without.stderr.includes('edge node approve'))
      await eventually(() => wrong.stderr.includes('the join token is wrong'))
      for (const { stderr, stdout } of [without, wrong])
        expect(`${stdout}${stderr}`).not.toContain('open-sesame')

      const first = (await cluster.client.submit(noop)).job.id
      const waited = await cluster.run(['wait', first, '--timeout', '30'])
      expect(waited).toMatchObject({ code: 0 })
      expect(waited.stdout).toMatch(/without: not chosen: .*approv/)
      expect(await workersOf(cluster, first)).toEqual(['knows'])

      expect(await cluster.run(['node', 'approve', 'without'])).toMatchObject({
        code: 0,
        stdout: 'Node without is approved.\n',
      })
      await untilListed(cluster, 'without', 'approved')
      await eventually(() => without.stderr.includes('joined the requester'))
      const second = (await cluster.client.submit(noop)).job.id
      expect((await cluster.run(['wait', second, '--timeout', '30'])).code).toBe(0)
      expect(await workersOf(cluster, second)).toEqual(['knows', 'without'])

      expect((await cluster.run(['node', 'reject', 'knows'])).code).toBe(0)
      await untilListed(cluster, 'knows', 'rejected')
      const third = (await cluster.client.submit(noop)).job.id
      expect((await cluster.run(['wait', third, '--timeout', '30'])).code).toBe(0)
      expect(await workersOf(cluster, third)).toEqual(['without'])
      expect((await cluster.run(['node', 'approve', 'nobody'])).code).toBe(3)
    },
  )

  it('keeps an approval over a restart of both', { timeout: 90_000 }, async () => {
    const cluster = await Cluster.create()
    await cluster.startRequester([`--join-token=${token}`])
    await cluster.startCompute('north')
    await untilListed(cluster, 'north', 'pending')
    expect((await cluster.run(['node', 'approve', 'north'])).code).toBe(0)
    await cluster.kill('requester')
    await cluster.kill('north')
    await cluster.startRequester([`--join-token=${token}`])
    await untilListed(cluster, 'north', 'approved')
    await cluster.startCompute('north')
    await cluster.untilConnected(1)
    const { id } = (await cluster.client.submit(noop)).job
    expect((await cluster.run(['wait', id, '--timeout', '30'])).code).toBe(0)
  })
})

describe('an API on all addresses', () => {
  it('prints a token once and wants it from everybody', { timeout: 60_000 }, async () => {
    const cluster = await Cluster.create()
    const first = await cluster.startRequester(['--host=0.0.0.0'])
    const secret = first.exported('EDGE_API_TOKEN')
    expect(first.stdout.split(secret)).toHaveLength(2)
    expect(first.stderr).not.toContain(secret)
    const call = (env: NodeJS.ProcessEnv) =>
      runEdge(['node', 'list'], { env: { ...cluster.env, ...env }, cwd: cluster.place })

    expect(await call({})).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('EDGE_API_TOKEN') as unknown,
    })
    expect((await call({ EDGE_API_TOKEN: `${secret}x` })).code).toBe(1)
    expect((await call({ EDGE_API_TOKEN: secret })).code).toBe(0)

    // The line that is pasted on another machine.
    const host = first.exported('EDGE_NODE_CLIENTAPI_HOST')
    expect(Object.keys(networkInterfaces()).length > 1 && /^(127\.|0\.0\.0\.0)/.test(host)).toBe(false)
    expect((await call({ EDGE_API_TOKEN: secret, EDGE_NODE_CLIENTAPI_HOST: host })).code).toBe(0)

    await first.stop()
    const second = await cluster.startRequester(['--host=0.0.0.0'])
    expect(second.stdout).not.toContain('EDGE_API_TOKEN=')
    expect((await call({ EDGE_API_TOKEN: secret })).code).toBe(0)
    expect((await call({})).code).toBe(1)
  })
})
