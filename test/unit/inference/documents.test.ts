import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EdgeEvent } from '../../../src/domain/index.ts'
import { joinFragments } from '../../../src/inference/pipeline/documents.ts'
import type { Fragment } from '../../../src/inference/pipeline/index.ts'
import { detectSettings } from '../../support/detect-settings.ts'

const event = (source: string): EdgeEvent => ({
  id: 'a'.repeat(16),
  source,
  label: 'dog',
  asked: { startSeconds: 0, endSeconds: 2 },
  actual: null,
  wallStart: null,
  classes: ['dog'],
  tracks: [],
  zones: [],
  lines: [],
  peakScore: 0.5,
  peakSeconds: 1,
  clip: null,
  thumbnail: null,
  problem: { code: 'decode_error', message: 'x' },
})

const fragment = (source: string): Fragment => ({
  source,
  madeFrom: { bytes: 10, mtimeMs: 1, analysis: 'k' },
  wasRead: true,
  events: [event(source)],
  ledger: {
    source,
    bytesIn: 10,
    bytesOut: 0,
    startSeconds: 0,
    durationSeconds: 2.1,
    frames: { inFile: 20, sampled: 10, withDetections: 5 },
    keyframes: { count: 1, largestGapSeconds: 2.1 },
    processed: [{ startSeconds: 0, endSeconds: 2 }],
    gaps: [{ startSeconds: 2, endSeconds: 2.1, reason: { code: 'truncated', message: 'cut' } }],
    events: 1,
    clips: 0,
    elapsedSeconds: 0.1,
  },
})

/** The same value with every object’s keys in reverse. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  )
}

const join = (fragments: readonly Fragment[]): string =>
  JSON.stringify(
    joinFragments({
      model: { identity: { name: 'm', sha256: 's' } },
      provider: { name: 'cpu', reason: 'r' },
      threads: 1,
      settings: detectSettings(),
      fragments,
    }),
  )

describe('the documents', () => {
  it('are the same bytes whatever the order of files and of keys', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 8 })
    fc.assert(
      fc.property(names, (sources) => {
        const fragments = sources.map(fragment)
        const text = join(fragments)
        expect(join(fragments.toReversed())).toBe(text)
        expect(join(reversed(fragments) as Fragment[])).toBe(text)
      }),
    )
  })

  it('sum up the files', () => {
    const { ledger } = JSON.parse(join([fragment('a'), fragment('b')])) as { ledger: { totals: object } }
    expect(ledger.totals).toEqual({
      sources: 2,
      bytesIn: 20,
      bytesOut: 0,
      footageSeconds: 4.2,
      processedSeconds: 4,
      gapSeconds: 0.2,
      framesSampled: 20,
      events: 2,
      clips: 0,
      elapsedSeconds: 0.2,
    })
  })
})
