import type { Progress } from '../../domain/index.ts'

/** Counts the frames of a run and tells about it, at most four times a second except at the beginning and at the end of a file. */
export class RunProgress {
  readonly #tell: (progress: Progress) => void
  readonly #startedAtMs = performance.now()
  readonly #estimates: Map<string, number>
  readonly #filesTotal: number
  #toldAtMs = -Infinity
  #framesEarlier = 0
  #framesNow = 0
  #filesDone = 0
  #events = 0
  #current: string | undefined

  /** `estimates`: sampled frames expected of each source. */
  constructor(estimates: ReadonlyMap<string, number>, tell: (progress: Progress) => void) {
    this.#estimates = new Map(estimates)
    this.#filesTotal = estimates.size
    this.#tell = tell
  }

  begin(source: string): void {
    this.#current = source
    this.#say(true)
  }

  frame(): void {
    this.#framesNow++
    this.#say(false)
  }

  /** `isEarlier`: done in a run before this one, so it says nothing about speed. */
  finish(source: string, done: { frames: number; events: number; isEarlier: boolean }): void {
    this.#filesDone++
    this.#events += done.events
    this.#estimates.set(source, done.frames)
    if (done.isEarlier) this.#framesEarlier += done.frames
    this.#current = undefined
    this.#say(true)
  }

  #say(isDue: boolean): void {
    const nowMs = performance.now()
    if (!isDue && nowMs - this.#toldAtMs < tellEveryMs) return
    this.#toldAtMs = nowMs
    const framesDone = this.#framesEarlier + this.#framesNow
    const expected = [...this.#estimates.values()].reduce((sum, frames) => sum + frames, 0)
    const framesTotal = Math.max(expected, framesDone)
    const framesPerSecond = this.#framesNow / Math.max(0.001, (nowMs - this.#startedAtMs) / 1000)
    this.#tell({
      filesDone: this.#filesDone,
      filesTotal: this.#filesTotal,
      framesDone,
      framesTotal,
      framesPerSecond,
      events: this.#events,
      ...(framesPerSecond > 0 ? { etaSeconds: (framesTotal - framesDone) / framesPerSecond } : {}),
      ...(this.#current === undefined ? {} : { currentSource: this.#current }),
    })
  }
}

const tellEveryMs = 250
