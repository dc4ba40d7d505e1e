import { readFile } from 'node:fs/promises'
import { errnoOf } from '../utils/errno.ts'

const intervalMs = 200

/**
 * Looks five times a second at the memory (RSS) that a process holds and calls `onExcess` once, when it is more than
 * `mostBytes`. A header may ask for sixteen reference pictures of 8192 x 8192, which no limit of a picture’s size stops.
 * Returns what ends the watch. Where there is no /proc nothing is watched.
 */
export function watchMemory(
  pid: number,
  { mostBytes, onExcess }: { readonly mostBytes: number; readonly onExcess: () => void },
): () => void {
  let isLooking = false
  let isOver = false
  const end = (): void => {
    isOver = true
    clearInterval(timer)
  }
  const look = async (): Promise<void> => {
    const bytes = await residentBytes(pid)
    if (isOver) return
    if (bytes === undefined) end()
    else if (bytes > mostBytes) {
      end()
      onExcess()
    }
  }
  const timer = setInterval(() => {
    if (isLooking) return
    isLooking = true
    void look().finally(() => {
      isLooking = false
    })
  }, intervalMs)
  timer.unref()
  return end
}

/** Undefined where it cannot be told: the process is gone, or there is no /proc. */
async function residentBytes(pid: number): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EMFILE', 'ENFILE'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}
