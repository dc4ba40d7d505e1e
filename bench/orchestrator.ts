/**
 * Submit -> running: how long after the client sends a job that does nothing its execution runs on a node, seen by the
 * client. One requester, one compute node, as real processes with SQLite on disk; jobs one after the other.
 *   npm run bench:orchestrator -- --jobs 100
 */
import { parseArgs } from 'node:util'
import type { EdgeClient } from '../src/client/index.ts'
import { percentile, startTwoNodes } from './two-nodes.ts'

const { values } = parseArgs({ options: { jobs: { type: 'string', default: '100' } } })
const nodes = await startTwoNodes()
try {
  const { running, completed } = await measure(nodes.client, Number(values.jobs))
  const at = (times: readonly number[], share: number): string => percentile(times, share).toFixed(1)
  const row = (name: string, times: readonly number[]): string =>
    `${name.padEnd(22)} p50 ${at(times, 0.5)} ms   p99 ${at(times, 0.99)} ms   max ${at(times, 1)} ms`
  console.log(`${String(running.length)} noop jobs, one after the other, one node`)
  console.log(row('submit -> running', running))
  console.log(row('submit -> completed', completed))
} finally {
  await nodes.stop()
}

async function measure(
  client: EdgeClient,
  jobs: number,
): Promise<{ running: readonly number[]; completed: readonly number[] }> {
  const running: number[] = []
  const completed: number[] = []
  for (let index = 0; index < jobs; index++) {
    const sentAt = performance.now()
    const { job } = await client.submit({ apiVersion: 'edge/v1', type: 'ops', engine: { type: 'noop' } })
    let ranAt: number | undefined
    for await (const event of client.watch({ job: job.id })) {
      if (event.kind !== 'history' || event.entry.to !== 'Running' || event.entry.entity !== 'execution')
        continue
      ranAt ??= performance.now()
    }
    if (ranAt === undefined)
      throw new Error(`job ${job.id} never ran: ${JSON.stringify((await client.job(job.id)).reason)}`)
    running.push(ranAt - sentAt)
    completed.push(performance.now() - sentAt)
  }
  return { running, completed }
}
