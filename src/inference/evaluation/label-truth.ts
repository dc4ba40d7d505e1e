import type { LedgerDocument } from '../../domain/index.ts'
import { EdgeError } from '../../domain/index.ts'
import { truthOfLabels } from './labels-to-truth.ts'
import type { LabelRules } from './labels-to-truth.ts'
import type { LabelledVideo } from './read-labels.ts'
import { stemOf } from './truth.ts'
import type { TruthDocument } from './truth.ts'

/** Where the frames of a video lie in time, as far as an even frame rate tells. */
export interface FrameTimes {
  readonly startSeconds: number
  readonly framesPerSecond: number
  readonly durationSeconds?: number | undefined
}

export interface LabelTruthInput {
  readonly videos: readonly LabelledVideo[]
  readonly rules: LabelRules
  /** Names of the class numbers; a number without a name is called `class-<number>`. */
  readonly classNames: readonly string[]
  readonly timesOf: (stem: string) => FrameTimes | undefined
}

/** A truth document of dense labels. Throws `usage` when it is not known when a video’s frames are shown. */
export function truthDocumentOf({ videos, rules, classNames, timesOf }: LabelTruthInput): TruthDocument {
  const sources = videos.map(({ stem, frames }) => {
    const times = timesOf(stem)
    if (times === undefined || !(times.framesPerSecond > 0))
      throw new EdgeError('usage', `it is not known how many frames a second ${stem} has`, {
        hint: 'Give --ledger with the ledger.json of the same footage, or --fps.',
      })
    const labelled = [...frames].map(([frame, boxes]) => {
      const bestScores = new Map<string, number>()
      for (const { classId, score } of boxes) {
        const name = classNames[classId] ?? `class-${classId}`
        bestScores.set(name, Math.max(score, bestScores.get(name) ?? 0))
      }
      return { seconds: times.startSeconds + (frame - 1) / times.framesPerSecond, bestScores }
    })
    const { durationSeconds } = times
    return {
      source: stem,
      ...(durationSeconds === undefined ? {} : { durationSeconds }),
      events: [...truthOfLabels(labelled, rules)],
    }
  })
  return { format: 'edge/truth/v1', sources }
}

/** Frame times by a ledger: its count of frames over its duration, which is right for footage of an even rate. */
export function timesByLedger(ledger: LedgerDocument): (stem: string) => FrameTimes | undefined {
  return (stem) => {
    const line = ledger.sources.find(({ source }) => stemOf(source) === stem)
    if (line === undefined || line.durationSeconds <= 0) return undefined
    const { startSeconds, durationSeconds, frames } = line
    return { startSeconds, durationSeconds, framesPerSecond: frames.inFile / durationSeconds }
  }
}
