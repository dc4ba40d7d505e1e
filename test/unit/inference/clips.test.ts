import { describe, expect, it } from 'vitest'
import { RedactSpec } from '../../../src/domain/index.ts'
import type { Box, EdgeEvent } from '../../../src/domain/index.ts'
import { linkSightings, Redactor, timelineSvg } from '../../../src/inference/clips/index.ts'
import { boxAt } from '../../../src/inference/clips/object-paths.ts'
import { blankPicture } from '../../../src/media/index.ts'

const sighting = (seconds: number, ...boxes: readonly Box[]) => ({
  seconds,
  detections: boxes.map((box) => ({ classId: 0, score: 0.8, box })),
})

describe('linkSightings', () => {
  const walk = [
    sighting(0, [0.2, 0.5, 0.1, 0.4], [0.8, 0.5, 0.1, 0.4]),
    sighting(0.2, [0.75, 0.5, 0.1, 0.4], [0.25, 0.5, 0.1, 0.4]),
    sighting(0.6, [0.35, 0.5, 0.1, 0.4]),
  ]

  it('follows two objects, one of which was missed once', () => {
    const paths = linkSightings(walk, 0.2)
    expect(paths.map(({ points }) => points.map(({ box }) => box[0]))).toEqual([
      [0.2, 0.25, 0.35],
      [0.8, 0.75],
    ])
  })

  it('knows the place between two sightings, holds it a little, and no longer', () => {
    const [path] = linkSightings(walk, 0.2)
    expect(boxAt(path!, 0.4, 0.3)?.[0]).toBeCloseTo(0.3)
    expect(boxAt(path!, 0.75, 0.3)?.slice(0, 2)).toEqual([0.35, 0.5])
    expect(boxAt(path!, 0.75, 0.3)?.[2]).toBeGreaterThan(0.1)
    expect(boxAt(path!, 1, 0.3)).toBeUndefined()
  })
})

describe('the redactor', () => {
  const noisy = () => {
    const picture = blankPicture(64, 64, [0, 0, 0])
    picture.data.forEach((_, index) => (picture.data[index] = (index * 7919) % 251))
    return picture
  }
  const paths = linkSightings([sighting(0, [0.5, 0.5, 0.5, 0.5]), sighting(1, [0.5, 0.5, 0.5, 0.5])], 1)
  const redact = (spec: object, seconds: number) => {
    const picture = noisy()
    const redactor = new Redactor({
      ...{ spec: RedactSpec.parse(spec), paths, classes: ['person'], stepSeconds: 1 },
      within: { startSeconds: 0, endSeconds: 1 },
    })
    redactor.paint(picture, seconds)
    const before = noisy().data
    const isChanged = (x: number, y: number) => picture.data[y * 64 + x] !== before[y * 64 + x]
    const changed = Array.from({ length: 64 * 64 }, (_, index) => index).filter((index) =>
      isChanged(index % 64, Math.floor(index / 64)),
    )
    return { picture, record: redactor.record(), changed }
  }

  it.each(['blur', 'box'] as const)('puts a whole object and a margin out of sight by %s', (method) => {
    const { changed, record, picture } = redact({ classes: ['person'], method }, 0.5)
    const inside = (index: number) =>
      index % 64 >= 12 && index % 64 < 52 && Math.floor(index / 64) >= 12 && Math.floor(index / 64) < 52
    expect(changed.every(inside)).toBe(true)
    // by chance an average is what was there
    expect(changed.length).toBeGreaterThan(0.97 * 38 * 38)
    expect(record).toEqual({ what: ['classes'], classes: ['person'], method, frames: 1, framesInClip: 1 })
    const row = picture.data.subarray(32 * 64 + 16, 32 * 64 + 48)
    expect(Math.max(...row) - Math.min(...row)).toBeLessThan(120)
  })

  it('hides the head only, or a zone at any time', () => {
    const heads = redact({ heads: true }, 0.5).changed.map((index) => Math.floor(index / 64))
    expect(Math.max(...heads)).toBeLessThan(32)
    const zone = {
      zones: [
        [
          [0, 0],
          [0.25, 0],
          [0, 0.25],
        ],
      ],
    }
    const { changed, record } = redact(zone, 99)
    expect(changed.length).toBeGreaterThan(80)
    expect(changed.every((index) => (index % 64) + Math.floor(index / 64) <= 18)).toBe(true)
    expect(record.what).toEqual(['zones'])
  })

  it('counts a frame without anything to hide', () => {
    expect(redact({ classes: ['person'] }, 9).record).toMatchObject({ frames: 0, framesInClip: 1 })
  })

  it('is not asked for in vain', () => {
    expect(RedactSpec.safeParse({}).success).toBe(false)
  })
})

describe('the time line', () => {
  it('has no markup of a hostile name in it, and a mark for each track', () => {
    const event: EdgeEvent = {
      ...{ id: 'a', source: 'x', label: 'person', asked: { startSeconds: 0, endSeconds: 4 }, actual: null },
      ...{ wallStart: null, classes: ['<b>&"'], peakScore: 1, peakSeconds: 1, clip: null, thumbnail: null },
      tracks: [
        {
          ...{ id: 7, class: '<b>&"', firstSeconds: 1, lastSeconds: 3, detections: 4, medianScore: 1 },
          ...{ peakScore: 1, peakSeconds: 1, peakBox: [0.5, 0.5, 0.1, 0.1] },
          ...{ displacement: 0, zones: [], crossings: [] },
        },
      ],
      ...{ zones: [], lines: [] },
    }
    const svg = timelineSvg({
      source: '</text><script>alert(1)</script>\u0007',
      footage: { startSeconds: 0, endSeconds: 10 },
      events: [event],
      gaps: [{ startSeconds: 8, endSeconds: 10, reason: { code: 'truncated', message: 'x' } }],
    })
    for (const bad of ['<script', '<b>', '\u0007']) expect(svg).not.toContain(bad)
    expect(svg).toContain('#7 1.0-3.0 s')
    expect(svg).toContain('truncated 8.0-10.0 s')
  })
})
