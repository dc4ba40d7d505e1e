/**
 * Submit -> running: how long after the client sends a job that does nothing its execution runs on a node, seen by the
 * client. One requester, one compute node, as real processes with SQLite on disk; jobs one after the other.
 * With --burst, as many jobs are sent at once, and must all complete on the one node without leaving anything behind.
 *   npm run bench:orchestrator -- --jobs 100 --burst 200
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createClient, type EdgeClient } from '../src/client/index.ts'
import { StartedProcess } from '../scripts/started-process.ts'

const { values } = parseArgs({
  options: { jobs: { type: 'string', default: '100' }, burst: { type: 'string', default: '0' } },
})
const edge = join(import.meta.dirname, '..', 'bin', 'edge')
const place = await mkdtemp(join(tmpdir(), 'edge-bench-'))
const stop = new AbortController()
const started: StartedProcess[] = []

try {
  const client = await startNodes()
  const { running, completed } = await measure(client, Number(values.jobs))
  const row = (name: string, times: readonly number[]): string =>
    `${name.padEnd(22)} p50 ${percentile(times, 0.5)} ms   p99 ${percentile(times, 0.99)} ms   max ${percentile(times, 1)} ms`
  console.log(`${String(running.length)} noop jobs, one after the other, one node`)
  console.log(row('submit -> running', running))
  console.log(row('submit -> completed', completed))
  if (Number(values.burst) > 0) await burst(client, Number(values.burst))
} finally {
  stop.abort()
  for (const node of started.reverse()) await node.stop()
  await rm(place, { recursive: true, force: true })
}

async function startNodes(): Promise<EdgeClient> {
  const start = async (name: string, flags: readonly string[], ready: RegExp): Promise<StartedProcess> => {
    const args = [
      'serve',
      `--name=${name}`,
      `--data-dir=${join(place, name)}`,
      '--log-level=warn',
      '--port=0',
      '--swarm-port=0',
      ...flags,
    ]
    const node = new StartedProcess(name, edge, args, {
      logFile: join(place, `${name}.log`),
      detached: false,
    })
    started.push(node)
    await node.untilPrinted(ready, stop.signal)
    return node
  }
  const requester = await start(
    'requester',
    ['--node-type=requester'],
    /^export EDGE_NODE_LIBP2P_PEERCONNECT=/m,
  )
  await start(
    'compute',
    ['--node-type=compute', `--peer=${requester.exported('EDGE_NODE_LIBP2P_PEERCONNECT')}`],
    /is up: id/,
  )
  const client = createClient({
    host: '127.0.0.1',
    port: Number(requester.exported('EDGE_NODE_CLIENTAPI_PORT')),
  })
  while ((await client.nodes()).every(({ connectivity }) => connectivity !== 'connected'))
    await new Promise((resolve) => setTimeout(resolve, 50))
  return client
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
    for await (const event of client.watch({ job: job.id, signal: stop.signal })) {
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
    const events = client.watch({ job: job.id, signal: stop.signal })[Symbol.asyncIterator]()
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

function percentile(times: readonly number[], share: number): string {
  const sorted = times.toSorted((a, b) => a - b)
  return (sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN).toFixed(1)
}
