import type { EdgeEvent, Interval } from '../../domain/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { describeEvent, selectEvents } from '../events/index.ts'
import type { Track } from '../tracking/index.ts'
import { modelKey } from './analysis.ts'
import type { Analysis } from './analysis.ts'
import { cutEvent } from './cut-event.ts'
import type { Footage } from './cut-event.ts'

export interface CuttingContext extends Abortable {
  readonly source: string
  /** The file. */
  readonly all: Interval
  /** What of it is analysed. What was over before is no part of it. */
  readonly within: Interval
  readonly fingerprint: string
  readonly analysis: Analysis
  /** Where frames lie far apart: those between which an object may have come or gone. */
  readonly seenSeconds: readonly number[] | undefined
}

/** The events that tracks make, each with what is published of it. */
export async function cutEvents(
  tracks: readonly Track[],
  cutting: Footage,
  about: CuttingContext,
): Promise<{ readonly events: readonly EdgeEvent[]; readonly bytesOut: number }> {
  const { source, all, within, fingerprint, analysis, seenSeconds, signal } = about
  const { model, settings } = analysis
  const { classes } = model
  const context = {
    ...{ source, settings, classes, startSeconds: all.startSeconds },
    footage: fingerprint,
    modelSha256: modelKey(model, analysis.detector.provider, cutting.video),
    recordedAt: cutting.video.recordedAt,
  }
  const events: EdgeEvent[] = []
  let bytesOut = 0
  const scene = { classes, footage: within, whole: all, picture: cutting.video, seenSeconds }
  for (const selected of selectEvents(tracks, settings.policy, scene)) {
    // decoding begins at a keyframe, which may be earlier
    const isBefore =
      within.startSeconds > all.startSeconds && selected.asked.endSeconds <= within.startSeconds
    if (isBefore) continue
    const cut = await cutEvent(describeEvent(selected, context), cutting, { signal })
    events.push(cut.event)
    bytesOut += cut.bytes
  }
  return { events, bytesOut }
}
