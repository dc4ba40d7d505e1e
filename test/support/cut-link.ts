import { execFile } from 'node:child_process'
import { access, readdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import { onTestFinished, type TestContext } from 'vitest'

const run = promisify(execFile)
const namespaceFolder = '/run/netns'
let count = 0

/**
 * Two network namespaces with one wire between them, as two machines have it, and the scissors. Both are gone when the
 * test is over; those of a test process that was killed go with the next one that makes some.
 */
export class CutLink {
  /** Address of the near side (RFC 2544: never a real machine’s). */
  readonly nearHost = '198.18.0.1'
  readonly #nearName: string
  readonly #farName: string

  private constructor(name: string) {
    this.#nearName = `${name}-near`
    this.#farName = `${name}-far`
  }

  /** Skips the test, and in CI fails it, where namespaces cannot be made; the reason says what is missing. */
  static async create({ skip }: Pick<TestContext, 'skip'>): Promise<CutLink> {
    const obstacle = await findObstacle()
    if (obstacle !== undefined) {
      const reason = `a link cannot be cut here: ${obstacle}`
      if (process.env['CI'] === 'true') throw new Error(reason)
      process.stderr.write(`${reason}\n`)
      skip(reason)
    }
    await sweep()
    const link = new CutLink(`edge-test-${String(process.pid)}-${String(count++)}`)
    onTestFinished(() => link.#remove())
    await link.#build()
    return link
  }

  /** Words before a command that make it run on that side. */
  get near(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#nearName]
  }

  get far(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#farName]
  }

  /** From now on nothing passes either way, and nobody is told: as when a radio link is gone. */
  async cut(): Promise<void> {
    await this.#iptables(this.#farName, ['-I', 'INPUT', '-i', 'wire', '-j', 'DROP'])
    await this.#iptables(this.#farName, ['-I', 'OUTPUT', '-o', 'wire', '-j', 'DROP'])
  }

  /** Cuts once the far side has sent so many bytes more. */
  async cutAfter(bytes: number): Promise<void> {
    const quota = ['-m', 'quota', '--quota', String(bytes), '-j', 'ACCEPT']
    await this.#iptables(this.#farName, ['-A', 'OUTPUT', '-o', 'wire', ...quota])
    await this.#iptables(this.#farName, ['-A', 'OUTPUT', '-o', 'wire', '-j', 'DROP'])
  }

  /** True once something wanted to pass and could not. */
  async hasHeldBack(): Promise<boolean> {
    const { stdout } = await run('ip', ['netns', 'exec', this.#farName, 'iptables', '-nvxL', 'OUTPUT'])
    return stdout.split('\n').some((line) => /^\s*[1-9]\d*\s+\d+\s+DROP/.test(line))
  }

  async heal(): Promise<void> {
    await this.#iptables(this.#farName, ['-F'])
  }

  async #build(): Promise<void> {
    const near = this.#nearName
    const far = this.#farName
    await run('ip', ['netns', 'add', near])
    await run('ip', ['netns', 'add', far])
    await run('ip', ['-n', near, 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'wire', 'netns', far])
    for (const [side, address] of [
      [near, this.nearHost],
      [far, '198.18.0.2'],
    ] as const) {
      await run('ip', ['-n', side, 'addr', 'add', `${address}/30`, 'dev', 'wire'])
      await run('ip', ['-n', side, 'link', 'set', 'lo', 'up'])
      await run('ip', ['-n', side, 'link', 'set', 'wire', 'up'])
    }
  }

  async #remove(): Promise<void> {
    const there = await namespaces()
    for (const name of [this.#nearName, this.#farName])
      if (there.includes(name)) await run('ip', ['netns', 'del', name])
  }

  async #iptables(side: string, args: readonly string[]): Promise<void> {
    await run('ip', ['netns', 'exec', side, 'iptables', '-w', ...args])
  }
}

async function findObstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'it needs network namespaces, which only Linux has'
  if (process.getuid?.() !== 0) return 'it needs root for `ip netns add`'
  for (const command of ['ip', 'iptables'])
    if (!(await isOnPath(command))) return `there is no \`${command}\` on the PATH`
  const probe = `edge-test-${String(process.pid)}-probe`
  try {
    await run('ip', ['netns', 'add', probe])
    await run('ip', ['netns', 'del', probe])
    return undefined
  } catch (error) {
    return `\`ip netns add\` fails: ${(error as Error).message}`
  }
}

async function isOnPath(command: string): Promise<boolean> {
  const folders = (process.env['PATH'] ?? '').split(':')
  return (await Promise.all(folders.map((folder) => isThere(`${folder}/${command}`)))).includes(true)
}

async function namespaces(): Promise<readonly string[]> {
  try {
    return await readdir(namespaceFolder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Namespaces of test processes that are no more. */
async function sweep(): Promise<void> {
  for (const name of await namespaces()) {
    const pid = /^edge-test-(\d+)-/.exec(name)?.[1]
    if (pid === undefined || (await isThere(`/proc/${pid}`))) continue
    // Another test process may be sweeping too.
    await run('ip', ['netns', 'del', name]).catch((error: unknown) => {
      process.stderr.write(`${name} could not be removed: ${String(error)}\n`)
    })
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
