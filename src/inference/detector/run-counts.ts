/** Runs of several frames at most, and the frames in them. */
export interface RunCounts {
  readonly runs: number
  readonly frames: number
  /** Of the run that had the most. */
  readonly most: number
}

/** Counts runs until they are asked for. */
export class RunCounter {
  #counts: RunCounts = { runs: 0, frames: 0, most: 0 }

  add(frames: number): void {
    const { runs, frames: before, most } = this.#counts
    this.#counts = { runs: runs + 1, frames: before + frames, most: Math.max(most, frames) }
  }

  /** What was counted since the last time. */
  take(): RunCounts {
    const counts = this.#counts
    this.#counts = { runs: 0, frames: 0, most: 0 }
    return counts
  }
}
