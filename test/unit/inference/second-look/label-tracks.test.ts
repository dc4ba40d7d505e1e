import { describe, expect, it } from 'vitest'
import { SignificancePolicy } from '../../../../src/domain/index.ts'
import type { Box } from '../../../../src/domain/index.ts'
import type { Detection, Label } from '../../../../src/inference/detector/index.ts'
import { describeEvent, selectEvents } from '../../../../src/inference/events/index.ts'
import { labelTracks } from '../../../../src/inference/second-look/index.ts'
import { Tracker } from '../../../../src/inference/tracking/index.ts'
import type { Track } from '../../../../src/inference/tracking/index.ts'
import { detectSettings } from '../../../support/detect-settings.ts'

const classes = ['person', 'car', 'truck']
const [car, truck] = [1, 2]
const sureScore = 0.25

interface Seen {
  readonly score: number
  readonly classId?: number
  readonly label?: Label | null
}

/** Something that drives through the picture, five frames a second. */
function tracksOf(frames: readonly Seen[]): readonly Track[] {
  const tracker = new Tracker({ sampleFps: 5, scoreThreshold: sureScore })
  for (const [index, { score, classId = car, label }] of frames.entries()) {
    const box: Box = [0.1 + index * 0.03, 0.5, 0.2, 0.2]
    const detection: Detection = { classId, score, box, ...(label === undefined ? {} : { label }) }
    tracker.observe({ index, seconds: index / 5, detections: [detection] })
  }
  return tracker.finish()
}

function eventsOf(tracks: readonly Track[], policy: object) {
  const settings = detectSettings({ policy })
  const footage = { startSeconds: 0, endSeconds: 10 }
  const about = { source: 'a.mp4', footage: 'f', modelSha256: 'm', settings, classes }
  return selectEvents(tracks, SignificancePolicy.parse(policy), { classes, footage }).map((event) =>
    describeEvent(event, { ...about, startSeconds: 0, recordedAt: null }),
  )
}

const isTruck = (score: number): Label => ({ classId: truck, score })

/** Int8 says car all the time; the frames that float was asked about carry what it said. */
const drive = (labels: Readonly<Record<number, Label | null>>): readonly Seen[] =>
  Array.from({ length: 10 }, (_, index) => ({
    score: 0.5,
    ...(index in labels ? { label: labels[index]! } : {}),
  }))

describe('labelling tracks', () => {
  it('makes a truck’s event of what int8 calls a car and float a truck', () => {
    const { tracks, counts } = labelTracks(tracksOf(drive({ 0: isTruck(0.6), 5: isTruck(0.7) })), {
      sureScore,
    })
    expect(counts).toEqual({ tracks: 1, relabelled: 1, unconfirmed: 0 })
    expect(eventsOf(tracks, { classes: ['car'] })).toEqual([])
    const [event, ...others] = eventsOf(tracks, { classes: ['truck'] })
    expect(others).toEqual([])
    expect(event).toMatchObject({ label: 'truck', classes: ['truck'], peakScore: 0.7, peakSeconds: 1 })
    expect(event?.tracks[0]).toMatchObject({ class: 'truck', detections: 10, medianScore: 0.65 })
    expect(event?.tracks[0]).not.toHaveProperty('unconfirmed')
  })

  it('gives the class that float gave most score to', () => {
    const labels = { 0: { classId: car, score: 0.3 }, 3: { classId: car, score: 0.3 }, 5: isTruck(0.8) }
    const [track] = labelTracks(tracksOf(drive(labels)), { sureScore }).tracks
    expect(track).toMatchObject({ classId: truck, peakScore: 0.8, peakSeconds: 1 })
  })

  it('takes no score from what float called something else', () => {
    const labels = { 0: isTruck(0.4), 3: isTruck(0.4), 5: { classId: car, score: 0.7 } }
    const [track] = labelTracks(tracksOf(drive(labels)), { sureScore }).tracks
    expect(track).toMatchObject({ classId: truck, peakScore: 0.4, peakSeconds: 0 })
  })

  it('keeps an object that float never sees, by what int8 says, and marks its event’s track', () => {
    const { tracks, counts } = labelTracks(tracksOf(drive({ 0: null, 5: null })), { sureScore })
    expect(counts).toEqual({ tracks: 1, relabelled: 0, unconfirmed: 1 })
    const [event] = eventsOf(tracks, { classes: ['car'] })
    expect(event).toMatchObject({ label: 'car', peakScore: 0.5 })
    expect(event?.tracks[0]).toMatchObject({ class: 'car', medianScore: 0.5, unconfirmed: true })
  })

  it('lets a look in which float sees nothing say nothing where another saw the object', () => {
    const { tracks, counts } = labelTracks(tracksOf(drive({ 0: null, 5: isTruck(0.6) })), { sureScore })
    expect(counts.unconfirmed).toBe(0)
    expect(eventsOf(tracks, { classes: ['truck'] })[0]).toMatchObject({ peakScore: 0.6, peakSeconds: 1 })
  })

  it('judges by float’s scores: what int8 overrates is below the policy’s, what it underrates above', () => {
    const policy = { classes: ['truck'], minScore: 0.45 }
    const over = labelTracks(tracksOf(drive({ 0: isTruck(0.4) })), { sureScore }).tracks
    expect(eventsOf(over, policy)).toEqual([])
    const weak = drive({ 0: isTruck(0.5) }).map((seen) => ({ ...seen, score: 0.4 }))
    const under = labelTracks(tracksOf(weak), { sureScore }).tracks
    expect(eventsOf(under, policy)).toHaveLength(1)
  })

  it('publishes the peak of a frame that float saw, however sure int8 is elsewhere', () => {
    const frames = drive({ 0: isTruck(0.6), 5: isTruck(0.7) }).map((seen, index) =>
      index === 8 ? { ...seen, score: 0.95 } : seen,
    )
    const [event] = eventsOf(labelTracks(tracksOf(frames), { sureScore }).tracks, { classes: ['truck'] })
    expect(event).toMatchObject({ peakScore: 0.7, peakSeconds: 1 })
  })

  it('leaves tracks alone that float was not asked about', () => {
    const before = tracksOf(drive({}))
    const after = labelTracks(before, { sureScore })
    expect(after.tracks).toEqual(before)
    expect(after.counts).toEqual({ tracks: 0, relabelled: 0, unconfirmed: 0 })
  })
})
