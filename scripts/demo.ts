/**
 * `npm run demo`: one requester and two compute nodes as real processes, each with its own data directory and its own
 * folder of sample videos; one job to all; the results fetched and added up. `-- --keep` leaves the nodes running.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { defaultMirrors, resolveAsset } from '../src/assets/index.ts'
import { loadSettings } from '../src/config/index.ts'
import { createClient } from '../src/client/index.ts'
import { ResultManifest } from '../src/download/index.ts'
import { EdgeError, isEdgeError, LedgerDocument } from '../src/domain/index.ts'
import { table } from '../src/cli/format.ts'
import { errnoOf } from '../src/utils/errno.ts'
import { StartedProcess } from './started-process.ts'

const root = join(import.meta.dirname, '..')
const edge = join(root, 'bin', 'edge')
const place = join(root, '.edge-demo')
/** Survives the demo, and is a mirror to its nodes. */
const cacheDir = join(homedir(), '.cache', 'edge', 'assets')
const keptFile = join(place, 'kept.pids')
const classes = 'person,dog'
const footage: Readonly<Record<string, readonly string[]>> = {
  'north-gate': [
    'one-by-one-person-detection.mp4',
    'traffic_camera.mp4',
    'empty_savanna_106x60.mp4',
    'tree_swaying.avi',
  ],
  'south-yard': ['dog_person.mp4', 'car-detection.mp4', 'highway_320x240.avi', 'empty_brightness_change.avi'],
}

const { values: options } = parseArgs({ options: { keep: { type: 'boolean', default: false } } })
const started: StartedProcess[] = []
const interrupt = new AbortController()
process.once('SIGINT', () => {
  interrupt.abort()
})
process.once('SIGTERM', () => {
  interrupt.abort()
})

try {
  process.exitCode = await demo()
} catch (error) {
  const { message, hint } = EdgeError.from(error)
  const told = interrupt.signal.aborted
    ? 'interrupted'
    : error instanceof EdgeError
      ? `${message}\n      ${hint}`
      : message
  process.stderr.write(`demo: ${told}\n`)
  process.exitCode = interrupt.signal.aborted ? 130 : 1
  await stopAll()
}

async function demo(): Promise<number> {
  await refuseToDisturb()
  await rm(place, { recursive: true, force: true })
  say('fetching samples and model')
  await distributeFootage()

  say('starting one requester and two compute nodes')
  const requester = await startNode(
    'requester',
    ['--node-type=requester', '--port=0', '--swarm-port=0'],
    /^export EDGE_NODE_LIBP2P_PEERCONNECT=/m,
  )
  const port = requester.exported('EDGE_NODE_CLIENTAPI_PORT')
  const peer = requester.exported('EDGE_NODE_LIBP2P_PEERCONNECT')
  for (const name of Object.keys(footage)) {
    const videos = join(place, name, 'videos')
    await startNode(name, [
      '--node-type=compute',
      '--port=0',
      '--swarm-port=0',
      `--peer=${peer}`,
      `--assets-mirror=${[process.env['EDGE_ASSETS_MIRROR'] ?? '', cacheDir].filter((place) => place !== '').join(',')}`,
      `--allow-listed-local-paths=/videos=${videos}`,
    ])
  }
  const client = createClient({ host: '127.0.0.1', port: Number(port) })
  await until(
    async () =>
      (await client.nodes()).filter(({ connectivity }) => connectivity === 'connected').length === 2,
  )

  const command = ['onnx', 'run', '--target=all', '--input', 'file:///videos:/videos', '--classes', classes]
  say(`edge ${command.join(' ')}`)
  const code = await runEdge([...command, '--download', '--output-dir', place], port)
  if (code !== 0) throw new Error(`edge ${command.join(' ')} ended with exit code ${String(code)}`)
  const lastLine = await summary()

  if (options.keep) await tellHowToGoOn(port)
  else await stopAll()
  process.stdout.write(`${lastLine}\n`)
  return 0
}

/** Nodes that an earlier `--keep` left running work on what this run would remove. */
async function refuseToDisturb(): Promise<void> {
  const kept = await readFile(keptFile, 'utf8').catch(() => '')
  const alive = kept.split(' ').filter((pid) => pid !== '' && isAlive(Number(pid)))
  if (alive.length > 0)
    throw new Error(`the nodes of an earlier demo still run; stop them with: kill ${alive.join(' ')}`)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return errnoOf(error) === 'EPERM'
  }
}

async function distributeFootage(): Promise<void> {
  const mirrors = [...loadSettings().values.assetsMirror, ...defaultMirrors()]
  const places = { mirrors, cacheDir, signal: interrupt.signal }
  await resolveAsset('yolov5n', places)
  for (const [node, videos] of Object.entries(footage)) {
    const folder = join(place, node, 'videos')
    await mkdir(folder, { recursive: true })
    const missing: string[] = []
    for (const video of videos) {
      try {
        await copyFile((await resolveAsset(video, places)).path, join(folder, video))
      } catch (error) {
        if (!isEdgeError(error, 'asset_missing')) throw error
        missing.push(video)
      }
    }
    if (missing.length === videos.length)
      throw new Error(`no sample video can be had for ${node}: ${missing.join(', ')}`)
    if (missing.length > 0)
      say(`without ${missing.join(', ')}: not in EDGE_ASSETS_MIRROR, and no download answers`)
  }
}

async function startNode(
  name: string,
  flags: readonly string[],
  ready = /is up: id/,
): Promise<StartedProcess> {
  const node = new StartedProcess(
    name,
    edge,
    ['serve', `--name=${name}`, `--data-dir=${join(place, name, 'data')}`, '--log-level=warn', ...flags],
    {
      logFile: join(place, `${name}.log`),
      detached: options.keep,
    },
  )
  started.push(node)
  await node.untilPrinted(ready, interrupt.signal)
  return node
}

/** Runs one command as a user would, its output shown as it comes. */
async function runEdge(args: readonly string[], port: string): Promise<number> {
  const child: ChildProcess = spawn(edge, [...args, '--api-port', port], { stdio: 'inherit' })
  const onAbort = (): void => void child.kill('SIGINT')
  interrupt.signal.addEventListener('abort', onAbort)
  const [code] = (await once(child, 'exit')) as [number | null]
  interrupt.signal.removeEventListener('abort', onAbort)
  interrupt.signal.throwIfAborted()
  return code ?? 1
}

/** Adds up what the nodes’ own ledgers and the manifest say; prints the table; gives the last line. */
async function summary(): Promise<string> {
  const [job] = (await readdir(place)).filter((name) => name.startsWith('job-'))
  if (job === undefined) throw new Error(`no results in ${place}`)
  const manifest = ResultManifest.parse(JSON.parse(await readFile(join(place, job, 'manifest.json'), 'utf8')))
  const rows: string[][] = []
  const total = { videos: 0, events: 0, clips: 0, scanned: 0, published: 0 }
  for (const result of manifest.results) {
    const ledger = LedgerDocument.parse(
      JSON.parse(await readFile(join(place, job, result.folder, 'outputs', 'ledger.json'), 'utf8')),
    )
    for (const source of ledger.sources) {
      rows.push(
        [
          result.nodeName,
          basename(source.source),
          source.events,
          source.clips,
          source.bytesIn,
          source.bytesOut,
        ].map(String),
      )
      total.videos += 1
      total.events += source.events
      total.clips += source.clips
      total.scanned += source.bytesIn
    }
    total.published += result.publishedBytes
  }
  process.stdout.write(
    `\n${table(['NODE', 'VIDEO', 'EVENTS', 'CLIPS', 'BYTES SCANNED', 'BYTES PUBLISHED'], rows)}\n\n`,
  )
  process.stdout.write(`Clips, thumbnails, events.json and ledger.json of each node: ${join(place, job)}\n`)
  const share = ((100 * total.published) / total.scanned).toFixed(1)
  const megabytes = (total.scanned / 1e6).toFixed(1)
  return `demo: ${manifest.results.length} nodes, ${total.videos} videos, ${total.events} events, ${total.clips} clips, published ${share}% of ${megabytes} MB`
}

async function tellHowToGoOn(port: string): Promise<void> {
  const pids = started.map(({ pid }) => pid).join(' ')
  await writeFile(keptFile, pids)
  for (const node of started) node.release()
  process.stdout.write(
    [
      '',
      'The nodes go on running. Talk to them with:',
      `  export EDGE_NODE_CLIENTAPI_PORT=${port}`,
      '  bin/edge node list',
      '  bin/edge list',
      `  bin/edge onnx run --target=all --input file:///videos:/videos --classes ${classes}`,
      'Stop them with:',
      `  kill ${pids}`,
      '',
    ].join('\n'),
  )
}

async function stopAll(): Promise<void> {
  await Promise.all(
    started
      .splice(0)
      .reverse()
      .map((node) => node.stop()),
  )
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) {
    interrupt.signal.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function say(what: string): void {
  process.stdout.write(`demo> ${what}\n`)
}
