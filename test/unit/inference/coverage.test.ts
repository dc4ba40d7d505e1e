import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Reason } from '../../../src/domain/index.ts'
import { splitCoverage, totalSeconds } from '../../../src/inference/pipeline/coverage.ts'

const loss: Reason = { code: 'decode_error', message: 'damaged' }
const grid = { stepSeconds: 0.2, frameSeconds: 0.04 }
const footage = { startSeconds: 1, endSeconds: 11 }
const every = (step: number, from: number, to: number): number[] =>
  Array.from({ length: Math.round((to - from) / step) }, (_, index) => from + index * step)

describe('coverage', () => {
  it('is everything when nothing was lost, however far apart the frames lie', () => {
    const sampledSeconds = [1, 9]
    expect(
      splitCoverage({
        footage,
        sampledSeconds,
        ...grid,
        decodedToSeconds: sampledSeconds.at(-1),
        loss: undefined,
      }),
    ).toEqual({
      processed: [footage],
      gaps: [],
    })
  })

  it('names a hole in the middle', () => {
    const sampledSeconds = [...every(0.2, 1, 4), ...every(0.2, 7, 11)]
    const { processed, gaps } = splitCoverage({
      footage,
      sampledSeconds,
      ...grid,
      decodedToSeconds: 11,
      loss,
    })
    expect(gaps).toEqual([{ startSeconds: 4, endSeconds: 7, reason: loss }])
    expect(processed).toEqual([
      { startSeconds: 1, endSeconds: 4 },
      { startSeconds: 7, endSeconds: 11 },
    ])
  })

  it('names a beginning and an end that are missing', () => {
    const sampledSeconds = every(0.2, 3, 9)
    const { gaps } = splitCoverage({ footage, sampledSeconds, ...grid, decodedToSeconds: 9, loss })
    expect(gaps.map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds])).toEqual([
      [1, 3],
      [9, 11],
    ])
  })

  it('counts frames that were decoded after the last sample', () => {
    const input = { footage, sampledSeconds: every(0.2, 1, 5), ...grid, loss }
    expect(splitCoverage({ ...input, decodedToSeconds: 5 }).gaps).toMatchObject([
      { startSeconds: 5, endSeconds: 11 },
    ])
    expect(splitCoverage({ ...input, decodedToSeconds: 10.98 }).gaps).toEqual([])
  })

  it('is one gap when there was no frame', () => {
    expect(
      splitCoverage({ footage, sampledSeconds: [], ...grid, decodedToSeconds: undefined, loss }),
    ).toEqual({
      processed: [],
      gaps: [{ ...footage, reason: loss }],
    })
  })

  it('has a gap without length for a file without footage', () => {
    const nothing = { startSeconds: 0, endSeconds: 0 }
    const { processed, gaps } = splitCoverage({
      footage: nothing,
      sampledSeconds: [],
      ...grid,
      decodedToSeconds: undefined,
      loss,
    })
    expect([processed, gaps]).toEqual([[], [{ ...nothing, reason: loss }]])
  })

  it('adds up to the footage, to a millionth of a second, in disjoint parts in order', () => {
    const time = fc.double({ min: 0, max: 1000, noNaN: true })
    fc.assert(
      fc.property(
        time,
        time,
        fc.array(time, { maxLength: 50 }),
        fc.tuple(fc.double({ min: 0.01, max: 10, noNaN: true }), time),
        (startSeconds, durationSeconds, samples, [stepSeconds, decoded]) => {
          const input = {
            footage: { startSeconds, endSeconds: startSeconds + durationSeconds },
            sampledSeconds: samples.map((sample) => startSeconds + sample).toSorted((a, b) => a - b),
            stepSeconds,
            frameSeconds: stepSeconds / 3,
            decodedToSeconds: samples.length === 0 ? undefined : startSeconds + decoded,
          }
          for (const reason of [loss, undefined]) {
            const { processed, gaps } = splitCoverage({ ...input, loss: reason })
            const total = totalSeconds(processed) + totalSeconds(gaps)
            expect(Math.abs(total - durationSeconds)).toBeLessThan(2.1e-6)
            const parts = [...processed, ...gaps].toSorted((a, b) => a.startSeconds - b.startSeconds)
            for (const [index, part] of parts.entries()) {
              expect(part.endSeconds).toBeGreaterThanOrEqual(part.startSeconds)
              if (index > 0) expect(part.startSeconds).toBe(parts[index - 1]?.endSeconds)
            }
          }
        },
      ),
    )
  })
})
