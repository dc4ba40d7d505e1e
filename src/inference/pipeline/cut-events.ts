import type { EdgeEvent, Interval } from '../../domain/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { Slots } from '../../utils/slots.ts'
import { describeEvent, selectEvents } from '../events/index.ts'
import type { AnalysisSettings } from '../events/index.ts'
import type { Track } from '../tracking/index.ts'
import { cutEvent } from './cut-event.ts'
import type { Footage } from './cut-event.ts'

export interface CuttingContext extends Abortable {
  readonly source: string
  /** The file. */
  readonly all: Interval
  /** What of it is analysed. What was over before is no part of it. */
  readonly within: Interval
  readonly fingerprint: string
  /** What found the tracks, and with which settings: part of each event’s id. */
  readonly modelSha256: string
  readonly settings: AnalysisSettings
  /** Events that are cut beside one another. */
  readonly lanes: number
  /** Where frames lie far apart: those between which an object may have come or gone. */
  readonly seenSeconds: readonly number[] | undefined
}

/** The events that tracks make, each with what is published of it. */
export async function cutEvents(
  tracks: readonly Track[],
  cutting: Footage,
  about: CuttingContext,
): Promise<{ readonly events: readonly EdgeEvent[]; readonly bytesOut: number }> {
  const { source, all, within, fingerprint, modelSha256, settings, seenSeconds, signal } = about
  const { classes } = cutting
  const context = {
    ...{ source, settings, classes, startSeconds: all.startSeconds },
    footage: fingerprint,
    modelSha256,
    recordedAt: cutting.video.recordedAt,
  }
  const scene = { classes, footage: within, whole: all, picture: cutting.video, seenSeconds }
  // decoding begins at a keyframe, which may be earlier
  const isLate = within.startSeconds > all.startSeconds
  const selected = selectEvents(tracks, settings.policy, scene).filter(
    ({ asked }) => !isLate || asked.endSeconds > within.startSeconds,
  )
  // an event is cut by several short programs, one after the other
  const slots = new Slots(about.lanes)
  const cuts = selected.map((event) =>
    slots.use(async () => {
      signal?.throwIfAborted()
      return cutEvent(describeEvent(event, context), cutting, { signal })
    }),
  )
  // nothing runs any more when an abort is told
  await Promise.allSettled(cuts)
  const done = await Promise.all(cuts)
  return { events: done.map(({ event }) => event), bytesOut: done.reduce((sum, { bytes }) => sum + bytes, 0) }
}
