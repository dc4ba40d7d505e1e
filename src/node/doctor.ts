import { mkdir, stat, statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import type { Settings } from '../config/index.ts'
import { EdgeError } from '../domain/index.ts'
import { findAccelerators } from '../engines/docker/index.ts'
import { openModel, tryModel } from '../inference/index.ts'
import { locateMediaTools } from '../media/index.ts'
import type { Abortable } from '../ports/index.ts'
import { cacheUsage, parseAllowedHosts } from '../sources/index.ts'
import { acceleratorSetup } from './accelerator-setup.ts'
import { dockerEngine } from './docker-setup.ts'
import { examineProviders } from './examine-providers.ts'
import type { Finding } from './finding.ts'
import { createLog } from './log.ts'
import { mediaSettings } from './media-settings.ts'
import { inputsDirectory } from './input-sources.ts'
import { resolveModel } from './models.ts'
import { isFree } from './ports-in-use.ts'

type Check = (settings: Settings, options: Abortable) => Promise<Omit<Finding, 'what'>>

const checks: Readonly<Record<string, Check>> = {
  'Node.js': checkNode,
  machine: checkMachine,
  'data directory': checkDataDir,
  'disk space': checkDisk,
  'fetched inputs': checkInputs,
  ffmpeg: checkFfmpeg,
  'model and provider': checkModel,
  Docker: checkDocker,
  'API port': (settings) => checkPort(settings.host, settings.port, '--port'),
  'libp2p port': (settings) => checkPort(settings.swarmHost, settings.swarmPort, '--swarm-port'),
  requester: checkRequester,
}

/** Tries everything that a node needs on this machine, for real: runs ffmpeg, loads the model, opens the ports. */
export async function* examine(settings: Settings, options: Abortable = {}): AsyncIterable<Finding> {
  for (const [what, check] of Object.entries(checks)) {
    options.signal?.throwIfAborted()
    try {
      yield { what, ...(await check(settings, options)) }
    } catch (thrown) {
      const error = EdgeError.from(thrown)
      yield { what, verdict: 'bad', found: error.message, mend: error.hint }
    }
    if (check === checkModel) yield* examineProviders(settings, options)
  }
}

function checkNode(): ReturnType<Check> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isEnough = major > 22 || (major === 22 && minor >= 14)
  return Promise.resolve(
    isEnough
      ? { verdict: 'ok', found: `${process.version} at ${process.execPath}` }
      : {
          verdict: 'bad',
          found: `${process.version} is too old`,
          mend: 'Run `npm run setup`: it brings a newer one.',
        },
  )
}

function checkMachine(): ReturnType<Check> {
  const memory = (totalmem() / 2 ** 30).toFixed(1)
  return Promise.resolve({
    verdict: 'ok',
    found: `${process.platform}-${process.arch}, ${availableParallelism()} cores, ${memory} GiB`,
  })
}

async function checkDataDir({ dataDir }: Settings): ReturnType<Check> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const mode = (await stat(dataDir)).mode & 0o777
  if ((mode & 0o077) === 0) return { verdict: 'ok', found: `${dataDir} is private` }
  return {
    verdict: 'bad',
    found: `${dataDir} can be read by others (mode ${mode.toString(8)})`,
    mend: `chmod 700 ${dataDir}`,
  }
}

const leastFreeBytes = 2 ** 30

async function checkDisk({ dataDir }: Settings): ReturnType<Check> {
  const { bavail, bsize } = await statfs(dataDir)
  const free = bavail * bsize
  const found = `${(free / 2 ** 30).toFixed(1)} GiB free at ${dataDir}`
  return free >= leastFreeBytes
    ? { verdict: 'ok', found }
    : { verdict: 'bad', found, mend: 'Make room, or choose another --data-dir.' }
}

async function checkInputs({ dataDir, inputCacheBytes, allowUrlHosts }: Settings): ReturnType<Check> {
  parseAllowedHosts(allowUrlHosts)
  if (inputCacheBytes === 0)
    return {
      verdict: 'note',
      found: 'none: no room for url and result inputs',
      mend: 'Set --input-cache-bytes.',
    }
  const { inputs, bytes } = await cacheUsage(inputsDirectory(dataDir))
  const gib = (count: number): string => (count / 2 ** 30).toFixed(2)
  const hosts =
    allowUrlHosts.length === 0 ? 'public hosts only' : `public hosts and ${allowUrlHosts.join(', ')}`
  return {
    verdict: 'ok',
    found: `${inputs} kept, ${gib(bytes)} of ${gib(inputCacheBytes)} GiB; from ${hosts}`,
  }
}

async function checkFfmpeg(settings: Settings): ReturnType<Check> {
  const { ffmpeg, ffprobe } = await locateMediaTools(mediaSettings(settings))
  const found = [ffmpeg, ffprobe]
    .map(({ path, version, origin }) => `${path} ${version} (${origin})`)
    .join('; ')
  return ffmpeg.origin === 'package'
    ? {
        verdict: 'note',
        found,
        mend: 'The npm package’s ffmpeg is old; a system ffmpeg is faster: apt-get install ffmpeg',
      }
    : { verdict: 'ok', found }
}

async function checkModel(settings: Settings, options: Abortable): ReturnType<Check> {
  const model = await resolveModel(settings, 'yolov5n')
  const { provider, reason, msPerFrame } = await tryModel(await openModel(model.path, options), {
    ...options,
    accelerators: acceleratorSetup(settings),
  })
  return {
    verdict: 'ok',
    found: `${model.name} runs on ${provider} (${reason}), ${msPerFrame.toFixed(0)} ms/frame`,
  }
}

async function checkDocker(settings: Settings): ReturnType<Check> {
  const accelerators = await findAccelerators()
  const log = createLog({ level: 'silent' })
  const engine = dockerEngine(settings, { nodeId: 'doctor', accelerators, log })
  const { available, detail } = await engine.status()
  const found = [detail, ...accelerators.map(({ id, device }) => `${device.name} (${id})`)].join('; ')
  if (available) return { verdict: 'ok', found }
  return { verdict: 'note', found, mend: 'Only container jobs need it; another one: --docker-host.' }
}

async function checkPort(host: string, port: number, flag: string): ReturnType<Check> {
  return (await isFree(host, port))
    ? { verdict: 'ok', found: `${host}:${port} is free` }
    : {
        verdict: 'note',
        found: `${host}:${port} is taken`,
        mend: `By a node that runs already? Otherwise choose another with ${flag}.`,
      }
}

async function checkRequester({ apiHost, apiPort }: Settings): ReturnType<Check> {
  const url = `http://${apiHost}:${apiPort}/api/v1/agent/alive`
  const mend =
    'Only the machine that sends jobs needs it: start `edge serve --node-type=requester`, or set --api-host.'
  const response = await fetch(url, { signal: AbortSignal.timeout(3000) }).catch(() => undefined)
  if (response?.ok === true) return { verdict: 'ok', found: `a node answers at ${apiHost}:${apiPort}` }
  return { verdict: 'note', found: `no node answers at ${apiHost}:${apiPort}`, mend }
}
