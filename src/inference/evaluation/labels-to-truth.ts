import type { SignificancePolicy } from '../../domain/index.ts'
import { unite } from './intervals.ts'
import { median } from './spread.ts'
import type { TruthEvent } from './truth.ts'

/** What dense labels say of one frame, its best score for each class that is in it. */
export interface LabelledFrame {
  readonly seconds: number
  readonly bestScores: ReadonlyMap<string, number>
}

/** When labels are a moment. Much as the significance policy has it, but by frames and classes instead of tracks. */
export interface LabelRules extends Pick<
  SignificancePolicy,
  'classes' | 'minScore' | 'minDurationSeconds' | 'mergeGapSeconds'
> {
  /** A class that is not seen for longer has gone. */
  readonly holdSeconds: number
}

/** The rules that fit the events of a run: a class is held as long as the tracker holds a track. */
export function rulesOfPolicy(policy: SignificancePolicy): LabelRules {
  const { classes, minScore, minDurationSeconds, mergeGapSeconds, preRollSeconds, postRollSeconds } = policy
  return {
    classes,
    minScore,
    minDurationSeconds,
    mergeGapSeconds: Math.max(mergeGapSeconds, preRollSeconds + postRollSeconds),
    holdSeconds: 2,
  }
}

interface Run {
  readonly name: string
  readonly startSeconds: number
  endSeconds: number
  readonly scores: number[]
}

/**
 * The truth of dense labels: for each wanted class the stretches in which it is seen again and again (`holdSeconds`),
 * those whose median score and length reach the rules’, and of these what is closer than `mergeGapSeconds` as one event.
 */
export function truthOfLabels(frames: readonly LabelledFrame[], rules: LabelRules): readonly TruthEvent[] {
  const runs = runsOf(frames, rules).filter(
    ({ startSeconds, endSeconds, scores }) =>
      endSeconds - startSeconds >= rules.minDurationSeconds - 1e-6 && (median(scores) ?? 0) >= rules.minScore,
  )
  const half = rules.mergeGapSeconds / 2
  const moments = unite(
    runs.map((run) => ({ startSeconds: run.startSeconds - half, endSeconds: run.endSeconds + half + 1e-6 })),
  )
  return moments.map((moment) => {
    const inside = runs.filter(
      ({ startSeconds }) => startSeconds >= moment.startSeconds && startSeconds <= moment.endSeconds,
    )
    return {
      startSeconds: Math.min(...inside.map(({ startSeconds }) => startSeconds)),
      endSeconds: Math.max(...inside.map(({ endSeconds }) => endSeconds)),
      classes: [...new Set(inside.map(({ name }) => name))].sort(),
    }
  })
}

function runsOf(frames: readonly LabelledFrame[], { classes, holdSeconds }: LabelRules): readonly Run[] {
  const wanted = new Set(classes)
  const open = new Map<string, Run>()
  const over: Run[] = []
  for (const { seconds, bestScores } of frames.toSorted((a, b) => a.seconds - b.seconds))
    for (const [name, score] of bestScores) {
      if (wanted.size > 0 && !wanted.has(name)) continue
      const run = open.get(name)
      if (run !== undefined && seconds - run.endSeconds <= holdSeconds) {
        run.endSeconds = seconds
        run.scores.push(score)
      } else {
        if (run !== undefined) over.push(run)
        open.set(name, { name, startSeconds: seconds, endSeconds: seconds, scores: [score] })
      }
    }
  return [...over, ...open.values()]
}
