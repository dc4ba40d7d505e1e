import { join } from 'node:path'
import type { EdgeEvent, Gap, LedgerSource, TimeRange } from '../../domain/index.ts'
import type { VideoInfo } from '../../media/index.ts'
import { eventId, roundExactly } from '../events/index.ts'
import { modelKey } from './analysis.ts'
import type { Analysis } from './analysis.ts'
import { fileState, fingerprintFootage } from './footage.ts'
import { filesOf } from './fragment.ts'
import type { Fragment } from './fragment.ts'
import { joined, partsAfter, partsBefore } from './intervals.ts'

/** What an earlier run found in the part of a file that no later footage changes. */
export interface EarlierPart {
  readonly startSeconds: number
  readonly untilSeconds: number
  readonly events: readonly EdgeEvent[]
  readonly gaps: readonly Gap[]
}

/**
 * The part of an earlier run over a file that has grown since and is the same otherwise; undefined when the file has to be
 * analysed anew. Where objects are hidden, a contact sheet needs to know where they were.
 */
export async function earlierPart(
  { ledger, events, madeFrom }: Fragment,
  path: string,
  { clips }: Analysis['settings'],
): Promise<EarlierPart | undefined> {
  const { continuation, startSeconds } = ledger
  const now = await fileState(path)
  if (continuation === undefined || now === undefined || now.bytes <= madeFrom.bytes) return undefined
  if (clips.contactSheet && clips.redact !== undefined) return undefined
  if ((await fingerprintFootage(path, madeFrom.bytes)) !== ledger.madeFrom?.fingerprint) return undefined
  const untilSeconds = continuation.fromSeconds
  return {
    ...{ startSeconds, untilSeconds, gaps: partsBefore(ledger.gaps, untilSeconds) },
    events: events.filter(({ asked }) => asked.endSeconds <= untilSeconds),
  }
}

/** The range in which the rest of a file lies. */
export function restOf({ untilSeconds }: EarlierPart, range: TimeRange | undefined): TimeRange {
  return { ...range, fromSeconds: untilSeconds }
}

/** Both parts of a file as one run over it would tell them; undefined when the rest could not be read as it was. */
export async function joinParts(
  earlier: Fragment,
  part: EarlierPart,
  rest: Fragment,
  { outputsDir, model, detector, settings, video }: Analysis & { readonly video: VideoInfo | undefined },
): Promise<Fragment | undefined> {
  const { madeFrom, gaps, sampling } = rest.ledger
  const isChanged = gaps.some(({ reason }) => reason.code === 'file_changed')
  if (madeFrom?.fingerprint === undefined || video === undefined || sampling === undefined || isChanged)
    return undefined
  const { fingerprint } = madeFrom
  const modelSha256 = modelKey({ model, detector, settings }, video)
  const lastId = part.events.flatMap(({ tracks }) => tracks).reduce((most, { id }) => Math.max(most, id), 0)
  const events = [
    // The footage is another, so they are called as one run over it would call them.
    ...part.events.map((event) => {
      const { startSeconds } = event.asked
      return { ...event, id: eventId({ footage: fingerprint, modelSha256, settings, startSeconds }) }
    }),
    ...rest.events.map((event) => ({
      ...event,
      tracks: event.tracks.map((track) => ({ ...track, id: track.id + lastId })),
    })),
  ]
  const ledger = joinLedgers(earlier.ledger, part, rest.ledger)
  const whole: Fragment = {
    ...rest,
    madeFrom: { ...rest.madeFrom, analysis: earlier.madeFrom.analysis },
    wasRead: true,
    events,
    ledger: {
      ...ledger,
      madeFrom: { fingerprint, analysis: earlier.madeFrom.analysis },
      events: events.length,
      clips: events.filter(({ clip }) => clip !== null).length,
    },
  }
  const sizes = await Promise.all(filesOf(whole).map((name) => fileState(join(outputsDir, name))))
  const bytesOut = sizes.reduce((sum, file) => sum + (file?.bytes ?? 0), 0)
  return { ...whole, ledger: { ...whole.ledger, bytesOut } }
}

function joinLedgers(one: LedgerSource, part: EarlierPart, rest: LedgerSource): LedgerSource {
  const { untilSeconds } = part
  const outside = joined([
    ...partsBefore(one.outside ?? [], untilSeconds),
    ...partsAfter(rest.outside ?? [], untilSeconds),
  ])
  const problems = [...(one.problems ?? []), ...(rest.problems ?? [])]
  const changes = [...(one.providerChanges ?? []), ...(rest.providerChanges ?? [])]
  const { outside: _outside, problems: _problems, providerChanges: _changes, ...rested } = rest
  return {
    ...rested,
    frames: {
      inFile: rest.frames.inFile,
      sampled: one.frames.sampled + rest.frames.sampled,
      withDetections: one.frames.withDetections + rest.frames.withDetections,
    },
    ...samplingOf(one, rest),
    processed: [...joined([...partsBefore(one.processed, untilSeconds), ...rest.processed])],
    gaps: [...joined([...part.gaps, ...rest.gaps])],
    ...(outside.length === 0 ? {} : { outside: [...outside] }),
    ...(problems.length === 0 ? {} : { problems }),
    ...(changes.length === 0 ? {} : { providerChanges: changes }),
    elapsedSeconds: roundExactly(one.elapsedSeconds + rest.elapsedSeconds),
  }
}

function samplingOf(
  { sampling: one }: LedgerSource,
  { sampling: rest }: LedgerSource,
): Partial<LedgerSource> {
  if (one === undefined || rest === undefined) return rest === undefined ? {} : { sampling: rest }
  const sampling = {
    ...rest,
    chunks: one.chunks + rest.chunks,
    analysed: one.analysed + rest.analysed,
    unchanged: one.unchanged + rest.unchanged,
    agreed: one.agreed + rest.agreed,
    sceneChanges: one.sceneChanges + rest.sceneChanges,
  }
  return { sampling }
}
