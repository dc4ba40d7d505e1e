import { execFile, type ExecFileException } from 'node:child_process'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createClient, type EdgeClient } from '../../src/client/index.ts'
import { StartedProcess } from '../../scripts/started-process.ts'
import { eventually } from './eventually.ts'
import type { CutLink } from './cut-link.ts'

export const edge = join(import.meta.dirname, '..', '..', 'bin', 'edge')

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `edge ARGS` to its end. Nothing of the caller’s environment but PATH and assets reaches it; HOME is empty. */
export function runEdge(
  args: readonly string[],
  options: {
    env?: NodeJS.ProcessEnv
    input?: string
    cwd?: string
    timeoutMs?: number
    through?: readonly string[]
  } = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const done = (error: ExecFileException | null, stdout: string, stderr: string): void => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr })
    }
    const { env = {}, input, cwd, timeoutMs = 120_000, through = [] } = options
    const [program = edge, ...words] = [...through, edge, ...args]
    const child = execFile(
      program,
      words,
      { env: { ...baseEnv(), ...env }, cwd, timeout: timeoutMs, maxBuffer: 64 * 2 ** 20 },
      done,
    )
    child.stdin?.end(input ?? '')
  })
}

export function baseEnv(): NodeJS.ProcessEnv {
  const { PATH, EDGE_ASSETS_MIRROR } = process.env
  return {
    PATH,
    HOME: '/nonexistent',
    NO_COLOR: '1',
    ...(EDGE_ASSETS_MIRROR === undefined ? {} : { EDGE_ASSETS_MIRROR }),
  }
}

/** Real nodes as real processes for one test; all of it is stopped and removed when the test is over. */
export class Cluster {
  readonly place: string
  readonly #stop = new AbortController()
  readonly #nodes = new Map<string, StartedProcess>()
  readonly #api: { readonly port: number; readonly swarmPort: number }
  readonly #link: CutLink | undefined

  private constructor(place: string, api: { port: number; swarmPort: number }, link: CutLink | undefined) {
    this.place = place
    this.#api = api
    this.#link = link
  }

  /** With a link the requester and the CLI are on its near side, compute nodes on its far side. */
  static async create(link?: CutLink): Promise<Cluster> {
    const api = { port: await freePort(), swarmPort: await freePort() }
    const cluster = new Cluster(await realpath(await mkdtemp(join(tmpdir(), 'edge-e2e-'))), api, link)
    onTestFinished(() => cluster.dispose(), 60_000)
    return cluster
  }

  get env(): NodeJS.ProcessEnv {
    return {
      EDGE_NODE_CLIENTAPI_HOST: '127.0.0.1',
      EDGE_NODE_CLIENTAPI_PORT: String(this.#api.port),
      EDGE_DATA_DIR: join(this.place, 'client'),
    }
  }

  get client(): EdgeClient {
    return createClient({ host: '127.0.0.1', port: this.#api.port })
  }

  /** Multiaddr without the id, as the guide has it. */
  get peer(): string {
    return `/ip4/${this.#link?.nearHost ?? '127.0.0.1'}/tcp/${String(this.#api.swarmPort)}`
  }

  /** Starts the requester; a second call after `kill` starts it again on the same ports and data. */
  async startRequester(flags: readonly string[] = []): Promise<StartedProcess> {
    const { port, swarmPort } = this.#api
    return this.start(
      'requester',
      ['--node-type=requester', `--port=${String(port)}`, `--swarm-port=${String(swarmPort)}`, ...flags],
      { through: this.#link?.near ?? [] },
    )
  }

  async startCompute(name: string, flags: readonly string[] = []): Promise<StartedProcess> {
    return this.start(
      name,
      ['--node-type=compute', '--port=0', '--swarm-port=0', `--peer=${this.peer}`, ...flags],
      { through: this.#link?.far ?? [] },
    )
  }

  /** Starts a node with these flags besides name, data directory and log format. */
  async start(
    name: string,
    flags: readonly string[],
    { through = [], env = {} }: { through?: readonly string[]; env?: NodeJS.ProcessEnv } = {},
  ): Promise<StartedProcess> {
    const node = this.launch(
      name,
      [
        ...through,
        edge,
        'serve',
        `--name=${name}`,
        `--data-dir=${join(this.place, name)}`,
        '--log-json',
      ].concat(flags.some((flag) => flag.startsWith('--host')) ? [] : ['--host=127.0.0.1'], flags),
      env,
    )
    await node.untilPrinted(/is up: id/, this.#stop.signal)
    return node
  }

  /** Any program, stopped with the cluster. */
  launch(
    name: string,
    [program = '', ...args]: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): StartedProcess {
    const started = new StartedProcess(name, program, args, {
      logFile: join(this.place, `${name}.${String(this.#nodes.size)}.log`),
      detached: false,
      env: { ...baseEnv(), ...env },
    })
    this.#nodes.set(`${name}-${String(this.#nodes.size)}`, started)
    return started
  }

  async untilConnected(count: number): Promise<void> {
    await eventually(
      async () =>
        (await this.client.nodes()).filter(({ connectivity }) => connectivity === 'connected').length ===
        count,
    )
  }

  /** SIGKILL to the latest process of that name. */
  async kill(name: string): Promise<void> {
    const [, node] = [...this.#nodes].findLast(([key]) => key.startsWith(`${name}-`)) ?? []
    if (node === undefined) throw new Error(`no node ${name}`)
    await node.kill()
  }

  run(args: readonly string[], options: { input?: string; timeoutMs?: number } = {}): Promise<Ran> {
    const through = this.#link?.near ?? []
    return runEdge(args, { ...options, env: this.env, cwd: this.place, through })
  }

  async dispose(): Promise<void> {
    this.#stop.abort()
    await Promise.all([...this.#nodes.values()].map((node) => node.stop()))
    await rm(this.place, { recursive: true, force: true })
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
