/**
 * What the orchestrator adds to a container that does nothing: submit -> running of a job against `docker run` of the same
 * image, in turns, one after the other; then many jobs at once on one node, and what they leave behind.
 *   npm run bench:docker -- --runs 20 --queued 200
 *   npm run bench:docker -- --docker-host unix:///var/run/docker.sock --image busybox
 * Without --docker-host an engine of its own is started, as for the tests (root, docker.io, busybox-static).
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { isJobOver, type JobSpecInput } from '../src/domain/index.ts'
import { startDockerd, testImage, type Dockerd } from '../test/support/dockerd.ts'
import { percentile, startTwoNodes, type TwoNodes } from './two-nodes.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    queued: { type: 'string', default: '200' },
    'docker-host': { type: 'string' },
    image: { type: 'string', default: testImage },
  },
})
const directory = await mkdtemp(join(tmpdir(), 'edge-bench-docker-'))
// The nodes’ and ours alone, so that what is left in it can be counted.
process.env['TMPDIR'] = join(directory, 'tmp')
await mkdir(tmpdir())
let dockerd: Dockerd | undefined
let nodes: TwoNodes | undefined
try {
  if (values['docker-host'] === undefined) dockerd = await startDockerd(join(directory, 'engine'))
  const address = values['docker-host'] ?? dockerd?.address ?? ''
  nodes = await startTwoNodes([`--docker-host=${address}`, '--max-concurrent=4', '--limit-cpu=4'])
  const docker = async (...args: readonly string[]): Promise<string> => {
    const env = { ...process.env, DOCKER_HOST: address }
    return (await promisify(execFile)('docker', [...args], { env })).stdout.trim()
  }
  await compare(nodes, docker)
  await queueMany(nodes, docker)
} finally {
  await nodes?.stop()
  await dockerd?.remove()
  await rm(directory, { recursive: true, force: true })
}

type Docker = (...args: readonly string[]) => Promise<string>

function noOp(): JobSpecInput {
  return {
    apiVersion: 'edge/v1',
    engine: { type: 'docker', image: values.image, command: ['true'] },
    resources: { cpu: 0.5 },
  }
}

/** When the engine began to run the container, ms since the epoch by the engine’s clock, which is this machine’s. */
async function startOf(docker: Docker, sinceMs: number): Promise<number> {
  const until = String(Math.ceil(Date.now() / 1000))
  const since = (sinceMs / 1000).toFixed(3)
  const lines = await docker(
    ...['events', '--since', since, '--until', until, '--filter', 'event=start', '--format', '{{.TimeNano}}'],
  )
  return Number(lines.split('\n')[0]) / 1e6
}

async function compare({ client }: TwoNodes, docker: Docker): Promise<void> {
  const times = { running: [], started: [], over: [], ran: [], bareStarted: [] } as Record<string, number[]>
  for (let run = -1; run < Number(values.runs); run++) {
    const bareAt = Date.now()
    await docker('run', '--rm', values.image, 'true')
    const bare = { ran: Date.now() - bareAt, bareStarted: (await startOf(docker, bareAt)) - bareAt }
    const sentAt = Date.now()
    const { job } = await client.submit(noOp())
    let runningAt = NaN
    for await (const event of client.watch({ job: job.id })) {
      if (event.kind === 'history' && event.entry.entity === 'execution' && event.entry.to === 'Running')
        runningAt = Date.now()
    }
    const view = await client.job(job.id)
    if (view.state !== 'Completed') throw new Error(`job ${job.id}: ${JSON.stringify(view.reason)}`)
    const edge = {
      ...{ running: runningAt - sentAt, over: Date.now() - sentAt },
      started: (await startOf(docker, sentAt)) - sentAt,
    }
    // The first of each warms caches up.
    if (run >= 0) for (const [name, ms] of Object.entries({ ...bare, ...edge })) times[name]?.push(ms)
  }
  const row = (name: string, key: string): void => {
    const [p50, p95] = [0.5, 0.95].map((share) => percentile(times[key] ?? [], share).toFixed(0))
    console.log(`${name.padEnd(44)} p50 ${String(p50)} ms   p95 ${String(p95)} ms`)
  }
  const ratio = (edge: string, bare: string): string =>
    (percentile(times[edge] ?? [], 0.5) / percentile(times[bare] ?? [], 0.5)).toFixed(2)
  console.log(`${values.runs} of each in turns, ${values.image}, command true`)
  row('docker run, until its container started', 'bareStarted')
  row('docker run --rm, until it returned', 'ran')
  row('edge, submit -> running (the client hears it)', 'running')
  row('edge, submit -> its container started', 'started')
  row('edge, submit -> completed, result published', 'over')
  console.log(`submit -> running / docker run: ${ratio('running', 'ran')} (bound 1.5)`)
  console.log(`container started / container started: ${ratio('started', 'bareStarted')}`)
}

async function queueMany({ client, place, computePid }: TwoNodes, docker: Docker): Promise<void> {
  const left = async (): Promise<Record<string, number>> => ({
    containers: (await docker('ps', '-aq')).split('\n').filter((line) => line !== '').length,
    volumes: (await docker('volume', 'ls', '-q')).split('\n').filter((line) => line !== '').length,
    fds: (await readdir(`/proc/${computePid}/fd`)).length,
    temporary: (await readdir(tmpdir())).length,
    results: (await readdir(join(place, 'compute', 'executions')).catch(() => [])).length,
  })
  const before = await left()
  const count = Number(values.queued)
  const sentAt = Date.now()
  const jobs = await Promise.all(Array.from({ length: count }, async () => (await client.submit(noOp())).job))
  const states = new Map<string, number>()
  for (const { id } of jobs) {
    for (;;) {
      const { state } = await client.job(id)
      if (isJobOver(state)) {
        states.set(state, (states.get(state) ?? 0) + 1)
        break
      }
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  // Results stay for their retention time; nothing else may.
  const tookS = ((Date.now() - sentAt) / 1000).toFixed(1)
  // Connections that are kept for the next call close by themselves.
  await new Promise((resolve) => setTimeout(resolve, 10_000))
  const after = await left()
  console.log(`${count} jobs queued at once: ${JSON.stringify(Object.fromEntries(states))} in ${tookS} s`)
  for (const [what, number] of Object.entries(after))
    console.log(`  ${what.padEnd(10)} before ${String(before[what])}, after ${number}`)
}
