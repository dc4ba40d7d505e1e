import type { ClipsSpec, SignificancePolicy } from '../../domain/index.ts'
import type { Sighting } from '../clips/index.ts'
import type { Detection } from '../detector/index.ts'
import { unmasked } from '../events/index.ts'
import { Tracker, stitchTracks } from '../tracking/index.ts'
import type { Track } from '../tracking/index.ts'
import type { TimedFrames } from './frame-times.ts'

/** As the `onnx` engine’s default: weaker detections begin no track. */
export const sureScore = 0.25

/** The tracks of what the policy wants, and what is to be painted, frame by frame. */
export function tracksOf(
  { frames, stepSeconds }: TimedFrames,
  {
    policy,
    clips,
    classes,
  }: {
    readonly policy: SignificancePolicy
    readonly clips: ClipsSpec
    readonly classes: readonly string[]
  },
): {
  readonly tracks: readonly Track[]
  readonly sightings: readonly Sighting[]
  readonly withDetections: number
} {
  const hidden = [...(clips.redact?.classes ?? []), ...(clips.redact?.heads === true ? ['person'] : [])]
  const isWanted = ({ classId }: Detection): boolean =>
    policy.classes.length === 0 || policy.classes.includes(classes[classId] ?? '')
  const isLookedFor = (one: Detection): boolean =>
    isWanted(one) || hidden.includes(classes[one.classId] ?? '')
  const isPainted = clips.redact !== undefined || clips.preview
  const tracker = new Tracker({ sampleFps: 1 / stepSeconds, scoreThreshold: sureScore })
  const sightings: Sighting[] = []
  let withDetections = 0
  for (const [index, { seconds, detections }] of frames.entries()) {
    const counting = unmasked(detections.filter(isWanted), policy, classes).filter(
      ({ score }) => score >= Math.min(sureScore, policy.keepScore),
    )
    const isSure = ({ score }: Detection): boolean => score >= sureScore
    if (counting.some(isSure)) withDetections++
    const painted = isPainted ? detections.filter((one) => isSure(one) && isLookedFor(one)) : []
    if (painted.length > 0) sightings.push({ seconds, detections: painted })
    tracker.observe({ index, seconds, detections: counting })
  }
  const tracks = stitchTracks(tracker.finish(), { gapSeconds: policy.endHysteresisSeconds })
  return { tracks, sightings, withDetections }
}
