import { SignificancePolicy } from '../../src/domain/index.ts'
import type { Interval } from '../../src/domain/index.ts'
import type { FrameDetections } from '../../src/inference/detector/index.ts'
import { describeEvent, selectEvents, unmasked } from '../../src/inference/events/index.ts'
import { cocoClasses } from '../../src/inference/model/coco-classes.ts'
import { Tracker, stitchTracks } from '../../src/inference/tracking/index.ts'
import type { Track } from '../../src/inference/tracking/index.ts'
import { referenceDetections } from './reference-detections.ts'

/** A sample video as its reference describes it: frames a second, number of frames, size of the picture. */
export interface ReferenceVideo {
  readonly name: string
  readonly fps: number
  readonly frames: number
  readonly width: number
  readonly height: number
}

/** The frames that sampling at `sampleFps` takes, with what detect.py found in them. */
export function referenceFrames(video: ReferenceVideo, sampleFps = 5): FrameDetections[] {
  const found = referenceDetections(video.name)
  const frames: FrameDetections[] = []
  let due = 0
  for (let index = 0; index < video.frames; index++) {
    const seconds = index / video.fps
    if (seconds < due - 1e-6) continue
    due = Math.max(due + 1 / sampleFps, seconds + 1e-6)
    frames.push({ index, seconds, detections: found.get(index + 1) ?? [] })
  }
  return frames
}

/** Tracks of a sample, as the pipeline makes them of the reference’s detections. */
export function referenceTracks(
  video: ReferenceVideo,
  policy: SignificancePolicy,
  sampleFps = 5,
): readonly Track[] {
  const tracker = new Tracker({ sampleFps, scoreThreshold: 0.25 })
  for (const frame of referenceFrames(video, sampleFps))
    tracker.observe({ ...frame, detections: unmasked(frame.detections, policy, cocoClasses) })
  return stitchTracks(tracker.finish(), { gapSeconds: policy.endHysteresisSeconds })
}

/** Events of a sample, as they are written. */
export function referenceEvents(video: ReferenceVideo, changes: object = {}, sampleFps = 5) {
  const policy = SignificancePolicy.parse(changes)
  const footage: Interval = { startSeconds: 0, endSeconds: video.frames / video.fps }
  const tracks = referenceTracks(video, policy, sampleFps)
  return selectEvents(tracks, policy, { classes: cocoClasses, footage, picture: video }).map((selected) =>
    describeEvent(selected, {
      source: video.name,
      footage: 'f'.repeat(64),
      modelSha256: 'a'.repeat(64),
      settings: {
        mode: 'auto',
        sampleFps,
        scoreThreshold: 0.25,
        iouThreshold: 0.45,
        maxDetections: 300,
        policy,
      },
      classes: cocoClasses,
      startSeconds: 0,
      recordedAt: null,
    }),
  )
}

export const samples = {
  bottles: { name: 'bottle-detection', fps: 179 / 6, frames: 1189, width: 640, height: 360 },
  cars: { name: 'car-detection', fps: 12.5, frames: 377, width: 768, height: 432 },
  horses: { name: 'horses', fps: 30000 / 1001, frames: 120, width: 720, height: 480 },
  oneByOne: { name: 'one-by-one-person-detection', fps: 10, frames: 1394, width: 768, height: 432 },
  pedestrians: { name: 'pedestrians_h264_g20', fps: 10, frames: 600, width: 768, height: 576 },
  highway: { name: 'highway_320x240', fps: 25, frames: 750, width: 320, height: 240 },
  parkedCar: { name: 'empty_brightness_change', fps: 12, frames: 59, width: 960, height: 1080 },
  traffic: { name: 'traffic_camera', fps: 25, frames: 576, width: 1280, height: 720 },
  dog: { name: 'dog_person', fps: 30000 / 1001, frames: 289, width: 1280, height: 720 },
  cup: { name: 'cup_pour', fps: 30000 / 1001, frames: 287, width: 1280, height: 720 },
} as const satisfies Record<string, ReferenceVideo>
