import type { EdgeEvent, EventTrack } from '../../domain/index.ts'
import { medianScore } from '../tracking/index.ts'
import type { Track } from '../tracking/index.ts'
import { eventId } from './event-id.ts'
import type { AnalysisSettings } from './event-id.ts'
import { eventLabel } from './names.ts'
import { roundScore, roundSeconds } from './rounding.ts'
import type { SelectedEvent } from './select-events.ts'

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
export function describeEvent({ asked, tracks }: SelectedEvent, context: EventContext): EdgeEvent {
  const described = tracks.map((track) => describeTrack(track, context.classes))
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
    clip: null,
    thumbnail: null,
  }
}

function describeTrack(track: Track, classes: readonly string[]): EventTrack {
  const [x, y, width, height] = track.peakBox
  return {
    id: track.id,
    class: classes[track.classId] ?? `class-${track.classId}`,
    firstSeconds: roundSeconds(track.firstSeconds),
    lastSeconds: roundSeconds(track.lastSeconds),
    detections: track.scores.length,
    medianScore: roundScore(medianScore(track)),
    peakScore: roundScore(track.peakScore),
    peakSeconds: roundSeconds(track.peakSeconds),
    peakBox: [roundScore(x), roundScore(y), roundScore(width), roundScore(height)],
  }
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
