import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { JobSpecInput, JobView, NodeView } from '../../src/domain/index.ts'
import type { Cluster } from './cluster.ts'
import { eventually } from './eventually.ts'

/** A cluster as the command line shows it, for where the API cannot be reached from the test itself. */

async function json<T>(cluster: Cluster, args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await cluster.run([...args, '--json'])
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as T
}

export const viewOf = (cluster: Cluster, id: string): Promise<JobView> => json(cluster, ['describe', id])

export async function submit(cluster: Cluster, spec: JobSpecInput): Promise<string> {
  const submitted = await cluster.run(['create', '--id-only'], { input: JSON.stringify(spec) })
  expect(submitted).toMatchObject({ code: 0 })
  return submitted.stdout.trim()
}

export async function untilConnectivity(
  cluster: Cluster,
  wanted: NodeView['connectivity'],
): Promise<readonly NodeView[]> {
  return eventually(
    async () => {
      const nodes = await json<readonly NodeView[]>(cluster, ['node', 'list'])
      return nodes.length === 1 && nodes[0]?.connectivity === wanted ? nodes : undefined
    },
    { withinMs: 60_000, everyMs: 500 },
  )
}

export async function untilExecution(
  cluster: Cluster,
  id: string,
  state: JobView['executions'][number]['state'],
): Promise<JobView> {
  return eventually(
    async () => {
      const job = await viewOf(cluster, id)
      return job.executions.some((execution) => execution.state === state) ? job : undefined
    },
    { withinMs: 60_000, everyMs: 200 },
  )
}

/** `edge get`, and checks that there is one result whose files are what its CID says. */
export async function fetchOne(cluster: Cluster, id: string): Promise<string> {
  expect(await cluster.run(['get', id])).toMatchObject({ code: 0 })
  const folder = join(cluster.place, `job-${id.slice(0, 8)}`)
  const { results } = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as {
    results: { folder: string; cid: string }[]
  }
  expect(results).toHaveLength(1)
  const result = join(folder, results[0]?.folder ?? '')
  expect((await cluster.run(['cid', result])).stdout.trim()).toBe(results[0]?.cid)
  return result
}
