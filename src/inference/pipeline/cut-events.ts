import type { EdgeEvent, Interval } from '../../domain/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { Slots } from '../../utils/slots.ts'
import { describeEvent, selectEvents } from '../events/index.ts'
import type { Track } from '../tracking/index.ts'
import type { Analysis } from './analysis.ts'
import { modelKey } from './analysis.ts'
import { cutEvent } from './cut-event.ts'
import type { Footage } from './cut-event.ts'

interface CuttingContext extends Abortable {
  readonly source: string
  readonly footage: Interval
  readonly fingerprint: string
  readonly analysis: Analysis
  /** Where frames lie far apart: those between which an object may have come or gone. */
  readonly seenSeconds: readonly number[] | undefined
}

/** Selects the events of these tracks and cuts what is published of each; in the order of time. */
export async function cutEvents(
  tracks: readonly Track[],
  cutting: Footage,
  about: CuttingContext,
): Promise<{ events: readonly EdgeEvent[]; bytesOut: number }> {
  const { source, footage, fingerprint, analysis, seenSeconds, signal } = about
  const { model, settings } = analysis
  const { classes } = model
  const context = {
    source,
    footage: fingerprint,
    modelSha256: modelKey(model, analysis.detector.provider, cutting.video),
    settings,
    classes,
    startSeconds: footage.startSeconds,
    recordedAt: cutting.video.recordedAt,
  }
  const selected = selectEvents(tracks, settings.policy, {
    classes,
    footage,
    picture: cutting.video,
    seenSeconds,
  })
  // an event is cut by several short programs, one after the other
  const slots = new Slots(analysis.lanes)
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
