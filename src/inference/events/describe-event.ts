import type { EdgeEvent, EventTrack, LineCount } from '../../domain/index.ts'
import { medianScore, peakOf } from '../tracking/index.ts'
import { eventId } from './event-id.ts'
import type { AnalysisSettings } from './event-id.ts'
import { eventLabel } from './names.ts'
import { roundScore, roundSeconds } from './rounding.ts'
import type { SelectedEvent } from './select-events.ts'
import type { Visit } from './visits.ts'

/** What an event is told with, besides its tracks. */
export interface EventContext {
  readonly source: string
  readonly footage: string
  readonly modelSha256: string
  readonly settings: AnalysisSettings
  readonly classes: readonly string[]
  /** PTS at which the file begins, and when that was, ISO 8601, if the file says so. */
  readonly startSeconds: number
  readonly recordedAt: string | null
}

/** The event as it is written, still without clip and thumbnail. */
export function describeEvent({ asked, visits }: SelectedEvent, context: EventContext): EdgeEvent {
  const described = visits.map((visit) => describeVisit(visit, context.classes))
  const classes = mainClasses(described)
  const peak = described.reduce((a, b) => (b.peakScore > a.peakScore ? b : a))
  const startSeconds = roundSeconds(asked.startSeconds)
  return {
    id: eventId({ ...context, startSeconds }),
    source: context.source,
    label: eventLabel(classes),
    asked: { startSeconds, endSeconds: roundSeconds(asked.endSeconds) },
    actual: null,
    wallStart: wallTime(context, startSeconds),
    classes,
    tracks: described,
    peakScore: peak.peakScore,
    peakSeconds: peak.peakSeconds,
    zones: [...new Set(described.flatMap(({ zones }) => zones.map(({ zone }) => zone)))].sort(),
    lines: lineCounts(described),
    clip: null,
    thumbnail: null,
  }
}

function describeVisit(visit: Visit, classes: readonly string[]): EventTrack {
  const { track, path, startSeconds, endSeconds } = visit
  const peak = peakOf(path)
  const [x, y, width, height] = peak.box
  return {
    id: track.id,
    class: classes[track.classId] ?? `class-${track.classId}`,
    firstSeconds: roundSeconds(startSeconds),
    lastSeconds: roundSeconds(endSeconds),
    detections: path.length,
    medianScore: roundScore(medianScore(track)),
    peakScore: roundScore(peak.score),
    peakSeconds: roundSeconds(peak.seconds),
    peakBox: [roundScore(x), roundScore(y), roundScore(width), roundScore(height)],
    displacement: roundScore(visit.displacement),
    zones: visit.zones.map(({ zone, enteredSeconds, totalSeconds, longestSeconds }) => ({
      zone,
      enteredSeconds: roundSeconds(enteredSeconds),
      totalSeconds: roundSeconds(totalSeconds),
      longestSeconds: roundSeconds(longestSeconds),
    })),
    crossings: visit.crossings.map((crossing) => ({ ...crossing, seconds: roundSeconds(crossing.seconds) })),
    ...(track.isUnconfirmed === true ? { unconfirmed: true } : {}),
  }
}

/** The lines that were crossed, by name, with how often each way. */
function lineCounts(tracks: readonly EventTrack[]): LineCount[] {
  const crossings = tracks.flatMap((track) => track.crossings)
  return [...new Set(crossings.map(({ line }) => line))].sort().map((line) => {
    const count = (direction: string): number =>
      crossings.filter((crossing) => crossing.line === line && crossing.direction === direction).length
    return { line, leftToRight: count('left-to-right'), rightToLeft: count('right-to-left') }
  })
}

/** Class names by number of detections, most first; equal numbers by name. */
function mainClasses(tracks: readonly EventTrack[]): string[] {
  const counts = new Map<string, number>()
  for (const track of tracks) counts.set(track.class, (counts.get(track.class) ?? 0) + track.detections)
  return [...counts]
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .map(([name]) => name)
}

function wallTime({ recordedAt, startSeconds }: EventContext, seconds: number): string | null {
  const beginMs = recordedAt === null ? Number.NaN : Date.parse(recordedAt)
  if (Number.isNaN(beginMs)) return null
  return new Date(beginMs + Math.round((seconds - startSeconds) * 1000)).toISOString()
}
