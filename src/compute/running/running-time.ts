import type { Run } from './run.ts'
import { Stopped } from './stopped.ts'

/** Measures how long work runs over all its starts, and aborts `signal` when that is more than allowed. */
export interface RunningTime {
  /** Aborted with a `Stopped` of kind timeout. */
  readonly signal: AbortSignal
  /** Notes the time so far; call it once, when this start is over. */
  end(): Promise<void>
}

/** Begins to measure. Time since the last note is lost when the node is killed: the work then gets it again. */
export async function measureRunningTime(run: Run, allowedMs: number): Promise<RunningTime> {
  const { clock, timings } = run.parts
  const before = await run.notes.ranMs()
  const begunMs = clock.monotonicMs()
  const ranMs = (): number => before + clock.monotonicMs() - begunMs
  const timeout = new AbortController()
  const ended = new AbortController()
  const watching = watch()
  return {
    signal: timeout.signal,
    async end() {
      ended.abort()
      await watching
      await run.notes.putRanMs(ranMs())
    },
  }

  async function watch(): Promise<void> {
    while (!ended.signal.aborted) {
      const leftMs = allowedMs - ranMs()
      if (leftMs <= 0) {
        timeout.abort(new Stopped({ kind: 'timeout' }))
        return
      }
      // Only the end of this start can wake it early; that is not an error.
      const woke = await clock.sleep(Math.min(leftMs, timings.runningNoteMs), { signal: ended.signal }).then(
        () => true,
        (error: unknown) => {
          if (!ended.signal.aborted) throw error
          return false
        },
      )
      if (!woke) return
      await run.notes.putRanMs(ranMs()).catch((error: unknown) => {
        run.log.warn({ err: error }, 'cannot note the running time')
      })
    }
  }
}
