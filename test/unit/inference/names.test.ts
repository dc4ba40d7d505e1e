import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventLabel, sourceFolder, timeName } from '../../../src/inference/events/names.ts'
import { ceilSeconds, floorSeconds, roundSeconds } from '../../../src/inference/events/rounding.ts'

describe('names of clips', () => {
  it('begin with the time', () => {
    expect(timeName(72.4)).toBe('00h01m12.400s')
    expect(timeName(0)).toBe('00h00m00.000s')
    expect(timeName(86_399.9996)).toBe('24h00m00.000s')
    expect(timeName(-0.04)).toBe('minus-00h00m00.040s')
  })

  it('sort by time', () => {
    fc.assert(
      fc.property(fc.nat(359_999_999), fc.nat(359_999_999), (a, b) => {
        expect(timeName(a / 1000) < timeName(b / 1000)).toBe(a < b)
      }),
    )
  })

  it('hold the first three classes, in safe characters', () => {
    expect(eventLabel(['person', 'dog'])).toBe('person+dog')
    expect(eventLabel(['traffic light', '../x', 'c', 'd'])).toBe('traffic_light+_x+c')
    expect(eventLabel([])).toBe('event')
  })
})

describe('folders of sources', () => {
  it('are the source’s name when that is safe', () => {
    expect(sourceFolder('videos/north gate.mp4')).toMatch(/^videos\/north_gate\.mp4~[0-9a-f]{8}$/)
    expect(sourceFolder('videos/tor-süd_1.mp4')).toBe('videos/tor-süd_1.mp4')
  })

  it('never leave the folder, and are never the same for two names', () => {
    const segment = fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => text.replaceAll('/', '_'))
    const name = fc.array(fc.oneof(segment, fc.constantFrom('..', '.', 'a:b', 'a?b', '\u0000')), {
      minLength: 1,
    })
    fc.assert(
      fc.property(name, name, (a, b) => {
        const [folderA, folderB] = [sourceFolder(a.join('/')), sourceFolder(b.join('/'))]
        expect(folderA).toMatch(/^[^\\:*?"<>|\s\p{Cc}]+$/u)
        expect(folderA.split('/').some((part) => part.startsWith('.') || part === '')).toBe(false)
        expect(folderA === folderB).toBe(a.join('/') === b.join('/'))
      }),
    )
  })

  it('stay short', () => {
    expect(Buffer.byteLength(sourceFolder('ü'.repeat(200)))).toBeLessThan(160)
  })
})

describe('rounded seconds', () => {
  it('of what was cut never become less than what was asked', () => {
    fc.assert(
      fc.property(fc.double({ min: -10, max: 1e5, noNaN: true }), (seconds) => {
        expect(floorSeconds(seconds)).toBeLessThanOrEqual(roundSeconds(seconds))
        expect(ceilSeconds(seconds)).toBeGreaterThanOrEqual(roundSeconds(seconds))
        expect(ceilSeconds(seconds) - floorSeconds(seconds)).toBeLessThan(0.0011)
      }),
    )
  })

  it('take noise for what it is', () => {
    expect(floorSeconds(0.1 + 0.2)).toBe(0.3)
    expect(ceilSeconds(0.1 + 0.2)).toBe(0.3)
    expect(Object.is(roundSeconds(-0.0001), 0)).toBe(true)
  })
})
