import type { Clock } from '../../ports/index.ts'
import { entryLimit, measureFolders } from './outputs-size.ts'

export interface OutputWatch {
  readonly clock: Clock
  readonly folders: readonly string[]
  readonly limitBytes: number
  readonly everyMs: number
  readonly signal: AbortSignal
  readonly onExceeded: () => Promise<void>
}

/**
 * Measures outputs until the signal is aborted, and says once that they are more than allowed. What is written between
 * two measurements is not held back: a limit that nothing can pass wants a file system of its own for the results.
 */
export async function watchOutputs(watch: OutputWatch): Promise<void> {
  const { clock, everyMs, signal, onExceeded } = watch
  while (!signal.aborted) {
    const begunMs = clock.monotonicMs()
    if (await isExceeded(watch)) {
      await onExceeded()
      return
    }
    // Measuring many files takes long: it gets a tenth of the time at most.
    const pauseMs = Math.max(everyMs, 9 * (clock.monotonicMs() - begunMs))
    await clock.sleep(pauseMs, { signal }).catch(() => undefined)
  }
}

export async function isExceeded({
  folders,
  limitBytes,
}: Pick<OutputWatch, 'folders' | 'limitBytes'>): Promise<boolean> {
  const found = await measureFolders(folders)
  const isTooMany = found.files > entryLimit || found.folders > entryLimit
  return found.bytes > limitBytes || isTooMany || found.isTooDeep
}
