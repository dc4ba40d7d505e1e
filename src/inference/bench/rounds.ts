import type { Abortable } from '../../ports/index.ts'
import { median } from '../evaluation/index.ts'

/** One run of a contender over the whole footage. */
export interface RunFigures {
  /** Without the start of processes and the loading of models. */
  readonly seconds: number
  readonly frames: number
  /** Of all child processes together; null where it cannot be told. */
  readonly peakBytes: number | null
}

/** Something that is measured: the decoder alone, a way of analysing, the model alone. */
export interface Contender {
  readonly name: string
  readonly run: (options: Abortable) => Promise<RunFigures>
}

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface Row {
  readonly name: string
  readonly frames: number
  readonly seconds: Spread
  readonly peakBytes: number | null
  /** The first contender’s time / this one’s, round by round: what share of its speed is reached. */
  readonly shareOfFirst: Spread
}

/**
 * Runs every contender once in each round, one after another, so that what else the machine does falls on all of them
 * alike; ratios are taken within a round.
 */
export async function runRounds(
  contenders: readonly Contender[],
  { rounds, onRun, signal }: { rounds: number; onRun?: (name: string, round: number) => void } & Abortable,
): Promise<readonly Row[]> {
  const runs = new Map<string, RunFigures[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 1; round <= rounds; round++)
    for (const { name, run } of contenders) {
      signal?.throwIfAborted()
      onRun?.(name, round)
      runs.get(name)?.push(await run({ signal }))
    }
  const first = [...runs.values()][0] ?? []
  return [...runs].map(([name, figures]) => {
    const peaks = figures.map(({ peakBytes }) => peakBytes).filter((bytes) => bytes !== null)
    return {
      name,
      frames: figures[0]?.frames ?? 0,
      seconds: spreadOf(figures.map(({ seconds }) => seconds)),
      peakBytes: peaks.length === 0 ? null : Math.max(...peaks),
      shareOfFirst: spreadOf(figures.map(({ seconds }, round) => (first[round]?.seconds ?? 0) / seconds)),
    }
  })
}

function spreadOf(values: readonly number[]): Spread {
  return { median: median(values) ?? Number.NaN, min: Math.min(...values), max: Math.max(...values) }
}
