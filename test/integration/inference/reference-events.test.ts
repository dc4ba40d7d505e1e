import { describe, expect, it } from 'vitest'
import { referenceEvents, samples } from '../../support/reference-tracks.ts'

/** What the policy makes of the detections that YOLOv5’s detect.py found in real footage. */
const spans = (events: ReturnType<typeof referenceEvents>): [number, number][] =>
  events.map(({ tracks }) => [
    Math.min(...tracks.map(({ firstSeconds }) => firstSeconds)),
    Math.max(...tracks.map(({ lastSeconds }) => lastSeconds)),
  ])

describe('events in real footage', () => {
  it('are six for six people who come one by one, stand at a table, and go', () => {
    const events = referenceEvents(samples.oneByOne, { classes: ['person'] })
    expect(spans(events)).toEqual([
      [6.2, 19.6],
      [22.8, 44.8],
      [50.2, 69.8],
      [74.6, 86.6],
      [92.2, 119.8],
      [123.6, 135.8],
    ])
    for (const { tracks } of events) expect(tracks).toHaveLength(1)
  })

  it('are the same six at two and at ten frames a second', () => {
    for (const sampleFps of [2, 10]) {
      const events = referenceEvents(samples.oneByOne, { classes: ['person'] }, sampleFps)
      expect(events.map(({ tracks }) => tracks.length)).toEqual([1, 1, 1, 1, 1, 1])
    }
  })

  it('are none for a car and a van that stand in the background, while people walk', () => {
    expect(referenceEvents(samples.pedestrians, { classes: ['car', 'truck'] })).toEqual([])
    const parked = { classes: ['car', 'truck'], ignoreParked: false }
    expect(referenceEvents(samples.pedestrians, parked).flatMap(({ tracks }) => tracks)).toHaveLength(2)
    const [walkers, ...others] = referenceEvents(samples.pedestrians, { classes: ['person'] })
    expect(others).toEqual([])
    expect(walkers!.tracks.length).toBeGreaterThan(15)
  })

  it('are none for a parked car whose light changes, in a file shorter than the time to be parked', () => {
    expect(referenceEvents(samples.parkedCar)).toEqual([])
    expect(referenceEvents(samples.parkedCar, { ignoreParked: false })).toHaveLength(1)
  })

  it('are three for the cars that drive past, with each crossing', () => {
    const line = { name: 'road', from: [0, 0.5], to: [1, 0.5] }
    const events = referenceEvents(samples.cars, { lines: [line], anchor: 'centre' })
    expect(events.map(({ lines }) => lines)).toEqual([
      [{ line: 'road', leftToRight: 0, rightToLeft: 1 }],
      [{ line: 'road', leftToRight: 1, rightToLeft: 1 }],
      [{ line: 'road', leftToRight: 1, rightToLeft: 0 }],
    ])
  })

  /**
   * Counted by eye in a slit scan: the row of pixels under both lines, one frame below the other, shows every vehicle
   * that passes as one slanted picture. 29 leave, the last of them in the last 0.4 s; 23 come after the first two, which
   * are on the line when the footage begins.
   */
  it('count the vehicles of a motorway as an eye does', () => {
    const lines = [
      { name: 'away', from: [0, 0.62], to: [0.49, 0.62] },
      { name: 'here', from: [0.5, 0.62], to: [1, 0.62] },
    ]
    const [only, ...others] = referenceEvents(samples.traffic, { lines })
    expect(others).toEqual([])
    expect(only!.lines).toEqual([
      { line: 'away', leftToRight: 0, rightToLeft: 28 },
      { line: 'here', leftToRight: 23, rightToLeft: 0 },
    ])
  })

  it('are the same bytes on every run', () => {
    for (const sample of [samples.traffic, samples.bottles, samples.highway])
      expect(JSON.stringify(referenceEvents(sample))).toBe(JSON.stringify(referenceEvents(sample)))
  })
})
