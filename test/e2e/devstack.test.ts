import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { Cluster, edge, runEdge } from '../support/cluster.ts'

describe('edge devstack', () => {
  it('runs jobs on every node, and leaves nothing when it is stopped', { timeout: 90_000 }, async () => {
    const cluster = await Cluster.create()
    const { place } = cluster
    const stack = cluster.launch('devstack', [edge, 'devstack', '--computes', '2'], { TMPDIR: place })
    await stack.untilPrinted(/Ctrl\+C stops/, AbortSignal.timeout(60_000))
    const env: NodeJS.ProcessEnv = { EDGE_DATA_DIR: place }
    for (const name of ['EDGE_NODE_CLIENTAPI_HOST', 'EDGE_NODE_CLIENTAPI_PORT'])
      env[name] = stack.exported(name)
    const spec = JSON.stringify({
      apiVersion: 'edge/v1',
      type: 'ops',
      selector: 'devstack in (1, 2)',
      engine: { type: 'noop' },
    })
    const ran = await runEdge(['create', '--json'], { env, input: spec })
    expect(ran).toMatchObject({ code: 0 })
    const { executions } = JSON.parse(ran.stdout) as { executions: { nodeName: string; state: string }[] }
    expect(executions.map(({ nodeName, state }) => `${nodeName} ${state}`).sort()).toEqual([
      'compute-1 Completed',
      'compute-2 Completed',
    ])
    expect((await readdir(place)).filter((name) => name.startsWith('edge-devstack-'))).toHaveLength(1)
    await stack.stop()
    expect((await readdir(place)).filter((name) => name.startsWith('edge-devstack-'))).toEqual([])
    expect(stack.stderr).toContain('Stopping all of it')
  })

  it('refuses numbers that make no sense', async () => {
    expect(await runEdge(['devstack', '--computes', '0'])).toMatchObject({ code: 2 })
    expect(await runEdge(['devstack', '--computes', 'many'])).toMatchObject({ code: 2 })
  })
})
