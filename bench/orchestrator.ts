/**
 * Submit -> running: how long after the client sends a job that does nothing its execution runs on a node, seen by the
 * client. One requester, one compute node, as real processes with SQLite on disk; jobs one after the other.
 * With --burst, as many jobs are sent at once, and must all complete on the one node without leaving anything behind.
 *   npm run bench:orchestrator -- --jobs 100 --burst 200
 */
import { parseArgs } from 'node:util'
import type { EdgeClient } from '../src/client/index.ts'
import { percentile, startTwoNodes } from './two-nodes.ts'

const { values } = parseArgs({
  options: { jobs: { type: 'string', default: '100' }, burst: { type: 'string', default: '0' } },
})
const nodes = await startTwoNodes()
try {
  const { running, completed } = await measure(nodes.client, Number(values.jobs))
  const at = (times: readonly number[], share: number): string => percentile(times, share).toFixed(1)
  const row = (name: string, times: readonly number[]): string =>
    `${name.padEnd(22)} p50 ${at(times, 0.5)} ms   p99 ${at(times, 0.99)} ms   max ${at(times, 1)} ms`
  console.log(`${String(running.length)} noop jobs, one after the other, one node`)
  console.log(row('submit -> running', running))
  console.log(row('submit -> completed', completed))
  if (Number(values.burst) > 0) await burst(nodes.client, Number(values.burst))
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

/** Sends the jobs all at once and waits until the node has done them; throws when one fails or something is left. */
async function burst(client: EdgeClient, jobs: number): Promise<void> {
  const begun = performance.now()
  const sent = await Promise.all(
    Array.from({ length: jobs }, (_, index) =>
      client.submit({ apiVersion: 'edge/v1', engine: { type: 'noop' }, priority: index % 7 }),
    ),
  )
  const queuedMs = performance.now() - begun
  for (const { job } of sent) {
    const events = client.watch({ job: job.id })[Symbol.asyncIterator]()
    while ((await events.next()).done !== true);
  }
  const doneMs = performance.now() - begun
  const views = await Promise.all(sent.map(({ job }) => client.job(job.id)))
  const bad = views.filter(({ state }) => state !== 'Completed')
  if (bad.length > 0) throw new Error(`${String(bad.length)} of ${String(jobs)} jobs did not complete`)
  const [node] = await client.nodes()
  const isClean = node?.liveExecutions === 0 && (await untilFree(client))
  if (!isClean) throw new Error(`the node still holds something: ${JSON.stringify(node?.info.free)}`)
  console.log(
    `${String(jobs)} noop jobs at once, one node: accepted in ${queuedMs.toFixed(0)} ms, all completed in ${doneMs.toFixed(0)} ms`,
  )
}

/** True once a heartbeat says that the node has all of its capacity free again. */
async function untilFree(client: EdgeClient): Promise<boolean> {
  for (let tries = 0; tries < 200; tries++) {
    const [node] = await client.nodes()
    if (JSON.stringify(node?.info.free) === JSON.stringify(node?.info.capacity)) return true
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return false
}
