import { readFile, readdir } from 'node:fs/promises'
import { errnoOf } from '../../utils/errno.ts'

const intervalMs = 200

/**
 * Runs something and tells the largest sum of memory (RSS) that the descendants of this process held meanwhile, looked at
 * five times a second; null where there is no /proc.
 */
export async function withChildMemory<T>(
  run: () => Promise<T>,
): Promise<{ readonly value: T; readonly peakBytes: number | null }> {
  let peakBytes: number | null = null
  let underWay: Promise<void> | undefined
  const look = async (): Promise<void> => {
    const bytes = await descendantBytes(process.pid)
    if (bytes !== undefined) peakBytes = Math.max(peakBytes ?? 0, bytes)
  }
  const timer = setInterval(() => {
    underWay ??= look().finally(() => {
      underWay = undefined
    })
  }, intervalMs)
  try {
    const value = await run()
    return { value, peakBytes }
  } finally {
    clearInterval(timer)
    await underWay
  }
}

interface Held {
  readonly pid: number
  readonly parent: number
  readonly bytes: number
}

async function descendantBytes(root: number): Promise<number | undefined> {
  const names = await readdir('/proc').catch(unlessGone)
  if (names === undefined) return undefined
  const pids = names.filter((name) => /^\d+$/.test(name))
  const all = (await Promise.all(pids.map(heldBy))).filter((held) => held !== undefined)
  const byParent = Map.groupBy(all, ({ parent }) => parent)
  const sumBelow = (pid: number): number =>
    (byParent.get(pid) ?? []).reduce((sum, child) => sum + child.bytes + sumBelow(child.pid), 0)
  return sumBelow(root)
}

/** Undefined for a process that ended meanwhile. */
async function heldBy(pid: string): Promise<Held | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(unlessGone)
  if (status === undefined) return undefined
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
  return { pid: Number(pid), parent: field('PPid'), bytes: field('VmRSS') * 1024 }
}

function unlessGone(error: unknown): undefined {
  const code = errnoOf(error)
  if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return undefined
  throw error
}
