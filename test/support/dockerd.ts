import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  access,
  chmod,
  copyFile,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
} from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { eventually } from './eventually.ts'

const run = promisify(execFile)

/** A Docker engine of the tests’ own: its data, its socket and its network are its own, and go with it. */
export interface Dockerd {
  /** As in DOCKER_HOST. */
  readonly address: string
  /** The docker command against this engine; resolves with what it printed. */
  docker(...args: readonly string[]): Promise<string>
  /** A program in the engine’s own network; ends with the engine. */
  spawnBeside(program: string, ...args: readonly string[]): ChildProcess
  /** SIGKILL; containers live on. */
  kill(): Promise<void>
  /** SIGTERM, as at a shutdown; the engine ends its containers. */
  shutDown(): Promise<void>
  /** Starts it again on what is on disk. */
  start(): Promise<void>
  /** Ends it and everything that it ever started, and removes its data. */
  remove(): Promise<void>
}

export const testImage = 'edge-test/busybox'
const busybox = '/bin/busybox'

/** Why no engine can be started here; undefined when one can. */
export async function missingForDockerd(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'a Docker engine can be started by root only'
  for (const path of ['/usr/sbin/dockerd', busybox]) {
    try {
      await access(path)
    } catch {
      return `${path} is missing: apt-get install docker.io busybox-static`
    }
  }
  return undefined
}

/** Starts an engine whose data is in `directory`, with `testImage` in it; `more` are arguments of dockerd. */
export async function startDockerd(directory: string, more: readonly string[] = []): Promise<Dockerd> {
  await mkdir(directory, { recursive: true })
  // Holds the namespaces in which the engine’s network and mounts are, and with which they vanish.
  const holder = spawn(
    'unshare',
    ['--net', '--mount', 'sh', '-c', 'ip link set lo up; exec sleep infinity'],
    {
      stdio: 'ignore',
    },
  )
  const { pid } = holder
  if (pid === undefined) throw new Error('unshare cannot be run')
  const ownNamespace = await readlink('/proc/self/ns/mnt')
  await eventually(async () => (await readlink(`/proc/${pid}/ns/mnt`)) !== ownNamespace)
  await eventually(async () => (await readFile(`/proc/${pid}/comm`, 'utf8')).trim() === 'sleep')
  const address = `unix://${directory}/docker.sock`
  const docker = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await run('docker', [...args], { env: { ...process.env, DOCKER_HOST: address } })
    return stdout.trim()
  }
  let daemon: ChildProcess | undefined
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (daemon?.exitCode !== null || daemon.signalCode !== null) return
    const exited = once(daemon, 'exit')
    daemon.kill(signal)
    await exited
  }
  const dockerd: Dockerd = {
    address,
    docker,
    spawnBeside: (program, ...args) =>
      spawn('nsenter', ['-t', String(pid), '-n', '-m', program, ...args], { stdio: 'inherit' }),
    kill: () => end('SIGKILL'),
    shutDown: () => end('SIGTERM'),
    start: async () => {
      // Killed with the engine; where nobody buries it, its number looks alive to the next engine.
      await rm(join(directory, 'exec/containerd/containerd.pid'), { force: true })
      const log = await open(join(directory, 'log'), 'a')
      const args = [
        ...['--data-root', join(directory, 'root'), '--exec-root', join(directory, 'exec')],
        ...['-H', address, '--pidfile', join(directory, 'pid')],
        ...more,
      ]
      daemon = spawn('nsenter', ['-t', String(pid), '-n', '-m', 'dockerd', ...args], {
        stdio: ['ignore', log.fd, log.fd],
      })
      await log.close()
      await eventually(() => docker('version'), { withinMs: 60_000, everyMs: 100 })
    },
    remove: async () => {
      await end('SIGTERM')
      await killAllIn(pid)
      await rm(directory, { recursive: true, force: true })
    },
  }
  try {
    await rm(join(directory, 'pid'), { force: true })
    await dockerd.start()
    await importBusybox(directory, docker)
  } catch (error) {
    await dockerd.remove()
    throw error
  }
  return dockerd
}

/** Whatever has the mounts of this process: shims of containers outlive an engine that was killed. */
async function killAllIn(holder: number): Promise<void> {
  const namespace = await readlink(`/proc/${holder}/ns/mnt`)
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    const is = /^\d+$/.test(name) && (await readlink(`/proc/${name}/ns/mnt`).catch(() => '')) === namespace
    if (is) found.push(Number(name))
  }
  for (const pid of found) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended by itself.
    }
  }
  await eventually(async () => {
    const left = await Promise.all(found.map((pid) => readlink(`/proc/${pid}/ns/mnt`).catch(() => undefined)))
    return left.every((one) => one !== namespace)
  })
}

const commands =
  'sh ls cat echo sleep dd yes mkfifo ln mkdir true false seq id touch head kill chmod mount grep wc env printf cp tr'

async function importBusybox(directory: string, docker: Dockerd['docker']): Promise<void> {
  const root = join(directory, 'busybox')
  await mkdir(join(root, 'bin'), { recursive: true })
  await mkdir(join(root, 'tmp'))
  await chmod(join(root, 'tmp'), 0o1777)
  await copyFile(busybox, join(root, 'bin/busybox'))
  for (const command of commands.split(' ')) await symlink('busybox', join(root, 'bin', command))
  const archive = join(directory, 'busybox.tar')
  await run('tar', ['-C', root, '-cf', archive, '.'])
  await docker('import', archive, testImage)
}
