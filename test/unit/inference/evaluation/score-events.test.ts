import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  LedgerDocument,
  SignificancePolicy,
  type EdgeEvent,
  type EventsDocument,
  type Interval,
} from '../../../../src/domain/index.ts'
import { evaluate } from '../../../../src/inference/evaluation/index.ts'
import { sharedBySets, unite } from '../../../../src/inference/evaluation/intervals.ts'
import { defaultRule, type MatchRule } from '../../../../src/inference/evaluation/match-events.ts'
import { findTruth, TruthDocument } from '../../../../src/inference/evaluation/truth.ts'

type Moment = Interval & { readonly classes: readonly string[] }

function eventOf(
  moment: Moment,
  id: string,
  source = 'videos/gate.mp4',
  extra: Partial<EdgeEvent> = {},
): EdgeEvent {
  const { startSeconds, endSeconds, classes } = moment
  const track = {
    id: 1,
    class: classes[0] ?? 'person',
    firstSeconds: startSeconds,
    lastSeconds: endSeconds,
    detections: 5,
    medianScore: 0.8,
    peakScore: 0.9,
    peakSeconds: startSeconds,
    peakBox: [0.5, 0.5, 0.1, 0.1] as [number, number, number, number],
    displacement: 0,
    zones: [],
    crossings: [],
  }
  return {
    id,
    source,
    label: 'person',
    asked: { startSeconds: startSeconds - 1, endSeconds: endSeconds + 1 },
    actual: { startSeconds: startSeconds - 1, endSeconds: endSeconds + 1 },
    wallStart: null,
    classes: [...classes],
    tracks: [track],
    peakScore: 0.9,
    peakSeconds: startSeconds,
    clip: `clips/${id}.mp4`,
    thumbnail: null,
    zones: [],
    lines: [],
    ...extra,
  }
}

function documentOf(events: readonly EdgeEvent[]): EventsDocument {
  return {
    format: 'edge/events/v1',
    model: { name: 'm', sha256: '0' },
    policy: SignificancePolicy.parse({}),
    events: [...events],
  }
}

function truthOf(moments: readonly Moment[], durationSeconds = 3600, source = 'gate.mp4'): TruthDocument {
  return {
    format: 'edge/truth/v1',
    sources: [
      {
        source,
        durationSeconds,
        events: moments.map((moment) => ({ ...moment, classes: [...moment.classes] })),
      },
    ],
  }
}

function score(truths: readonly Moment[], events: readonly Moment[], rule: Partial<MatchRule> = {}) {
  return evaluate({
    truth: truthOf(truths),
    events: documentOf(events.map((event, index) => eventOf(event, String(index)))),
    rule: { ...defaultRule, ...rule },
  }).total
}

const at = (startSeconds: number, endSeconds: number, ...classes: string[]): Moment => ({
  startSeconds,
  endSeconds,
  classes,
})

const moment = fc
  .tuple(
    fc.integer({ min: 0, max: 200 }),
    fc.integer({ min: 1, max: 40 }),
    fc.constantFrom('person', 'dog', 'car'),
  )
  .map(([start, length, name]) => at(start / 2, (start + length) / 2, name))
const moments = fc.array(moment, { maxLength: 12 })
const rules = fc.record({
  pairing: fc.constantFrom('one-to-one' as const, 'any' as const),
  overlapSeconds: fc.constantFrom(0.5, 1, 3),
  overlapShare: fc.constantFrom(0.1, 0.5, 1),
  toleranceSeconds: fc.constantFrom(0, 1, 4),
  minIou: fc.constantFrom(0, 0.3, 0.5),
})

describe('evaluate', () => {
  it('gives full marks to events that are the truth, whatever the rule', () => {
    fc.assert(
      fc.property(fc.array(moment, { minLength: 1, maxLength: 12 }), rules, (truths, rule) => {
        const total = score(truths, truths, rule)
        expect(total).toMatchObject({ recall: 1, precision: 1, f1: 1, falsePerHour: 0, coverage: 1 })
        if (rule.pairing === 'any') expect(total.startError.p95).toBe(0)
      }),
    )
  })

  it('keeps every share in 0..1 and never finds more than there is', () => {
    fc.assert(
      fc.property(moments, moments, rules, (truths, events, rule) => {
        const total = score(truths, events, rule)
        for (const share of [total.recall, total.precision, total.f1, total.coverage])
          if (share !== null) expect(share >= 0 && share <= 1).toBe(true)
        expect(total.found).toBeLessThanOrEqual(truths.length)
        expect(total.right).toBeLessThanOrEqual(events.length)
        expect(total.recall === null).toBe(truths.length === 0)
        expect(total.precision === null).toBe(events.length === 0)
      }),
    )
  })

  it('swaps recall and precision when truth and events change sides', () => {
    fc.assert(
      fc.property(moments, moments, rules, (truths, events, rule) => {
        const [there, back] = [score(truths, events, rule), score(events, truths, rule)]
        expect([back.recall, back.precision, back.f1]).toEqual([there.precision, there.recall, there.f1])
      }),
    )
  })

  it('does not depend on the order of truths and events', () => {
    fc.assert(
      fc.property(moments, moments, rules, (truths, events, rule) => {
        const { found, right, coverage } = score(truths, events, rule)
        expect(score(truths.toReversed(), events.toReversed(), rule)).toMatchObject({ found, right })
        expect(score(truths.toReversed(), events, rule).coverage ?? 0).toBeCloseTo(coverage ?? 0)
      }),
    )
  })

  it('finds no less when any overlap counts than one to one, and no less with more tolerance', () => {
    fc.assert(
      fc.property(moments, moments, rules, (truths, events, rule) => {
        const strict = score(truths, events, { ...rule, pairing: 'one-to-one', minIou: 0 })
        const loose = score(truths, events, { ...rule, pairing: 'any', minIou: 0 })
        expect(loose.found).toBeGreaterThanOrEqual(strict.found)
        expect(loose.right).toBeGreaterThanOrEqual(strict.right)
      }),
    )
  })

  it('pairs as many as can be paired, where the best overlap first would leave one over', () => {
    // the first event overlaps both truths, and the second truth best; the second event overlaps the second truth only
    const total = score([at(0, 4), at(4, 20)], [at(2, 16), at(17, 30)])
    expect(total).toMatchObject({ found: 2, right: 2 })
  })

  it('counts false events by the hour of footage', () => {
    expect(score([], [at(1, 2), at(5, 6)])).toMatchObject({
      recall: null,
      precision: 0,
      f1: 0,
      falsePerHour: 2,
      coverage: null,
    })
  })

  it('takes silence about empty footage for what it is', () => {
    expect(score([], [])).toMatchObject({ recall: null, precision: null, f1: null, falsePerHour: 0 })
  })

  it('counts a truth that nothing found as missed, not as an error of its boundaries', () => {
    const { recall, f1, coverage, startError } = score([at(1, 2)], [])
    expect([recall, f1, coverage, startError.median]).toEqual([0, 0, 0, null])
  })

  it('measures boundaries at the first and the last detection, without the rolls', () => {
    const { startError, endError } = score([at(10, 20), at(50, 60)], [at(10.4, 21), at(50.2, 57)])
    expect(startError.median).toBeCloseTo(0.3)
    expect(startError.p95).toBeCloseTo(0.4)
    expect(endError).toEqual({ median: 2, p95: 3 })
  })

  it('does not take one class for another, and takes any where the truth names none', () => {
    expect(score([at(0, 9, 'dog')], [at(0, 9, 'person')]).found).toBe(0)
    expect(score([at(0, 9)], [at(0, 9, 'person')]).found).toBe(1)
  })

  it('tells how many events a visit fell into', () => {
    const total = score([at(0, 30)], [at(0, 9), at(11, 19), at(21, 30)], { pairing: 'any' })
    expect(total).toMatchObject({ eventsPerVisit: 3, recall: 1, precision: 1 })
    expect(score([at(0, 30)], [at(0, 9), at(11, 19), at(21, 30)])).toMatchObject({
      right: 1,
      eventsPerVisit: 3,
    })
  })

  it('covers nothing with an event whose clip could not be cut', () => {
    const problem = { code: 'decode_error' as const, message: 'the clip could not be cut' }
    const events = documentOf([eventOf(at(0, 9), 'a', 'gate.mp4', { actual: null, clip: null, problem })])
    expect(evaluate({ truth: truthOf([at(0, 9)]), events }).total).toMatchObject({ recall: 1, coverage: 0 })
  })

  it('does not judge footage of which the truth says nothing, and says so', () => {
    const events = documentOf([eventOf(at(0, 9), 'a'), eventOf(at(0, 9), 'b', 'videos/yard.mp4')])
    const evaluation = evaluate({ truth: truthOf([at(0, 9)]), events })
    expect(evaluation.notJudged).toEqual(['videos/yard.mp4'])
    expect(evaluation.total).toMatchObject({ events: 1, precision: 1 })
  })

  it('counts the hours that were analysed, where the truth tells none: a gap has no false events', () => {
    const truth = TruthDocument.parse({
      format: 'edge/truth/v1',
      sources: [{ source: 'videos/gate.mp4', events: [] }],
    })
    const reason = { code: 'time_jump' as const, message: 'there is no picture from 1800.000 to 36000.000 s' }
    const line = {
      ...{
        source: 'videos/gate.mp4',
        bytesIn: 1000,
        bytesOut: 100,
        startSeconds: 0,
        durationSeconds: 36_000,
      },
      ...{ frames: { inFile: 18_000, sampled: 9000, withDetections: 1 }, events: 1, clips: 1 },
      ...{ keyframes: { count: 1, largestGapSeconds: 1 }, elapsedSeconds: 1 },
      processed: [{ startSeconds: 0, endSeconds: 1800 }],
      gaps: [{ startSeconds: 1800, endSeconds: 36_000, reason }],
    }
    const totals = {
      ...{ sources: 1, bytesIn: 1000, bytesOut: 100, footageSeconds: 36_000, processedSeconds: 1800 },
      ...{ gapSeconds: 34_200, framesSampled: 9000, events: 1, clips: 1, elapsedSeconds: 1 },
    }
    const ledger = LedgerDocument.parse({
      ...{ format: 'edge/ledger/v1', model: { name: 'm', sha256: '0' }, settings: {} },
      ...{ provider: { name: 'cpu', reason: 'asked for' }, sources: [line], totals },
    })
    const { total } = evaluate({ truth, events: documentOf([eventOf(at(1, 2), 'a')]), ledger })
    expect(total).toMatchObject({ footageSeconds: 1800, falsePerHour: 2, keptRatio: 0.1 })
  })

  it('has no rate where the duration is not known', () => {
    const truth = TruthDocument.parse({
      format: 'edge/truth/v1',
      sources: [{ source: 'gate', events: [] }],
    })
    expect(evaluate({ truth, events: documentOf([]) }).total).toMatchObject({
      footageSeconds: null,
      falsePerHour: null,
      keptRatio: null,
    })
  })
})

describe('findTruth', () => {
  const truths = ['gate.mp4', 'north/yard.mp4', 'door', 'south/door.mp4'].map((source) => ({
    source,
    events: [],
  }))

  it.each([
    ['videos/gate.mp4', 'gate.mp4'],
    ['videos/north/yard.mp4', 'north/yard.mp4'],
    ['videos/door.mkv', 'door'],
    ['videos/south/door.mp4', undefined],
    ['videos/delegate.mp4', undefined],
    ['videos/yard.mp4', undefined],
  ])('finds for %s what speaks of it', (source, expected) => {
    expect(findTruth(source, truths)?.source).toBe(expected)
  })
})

describe('a truth document', () => {
  it.each([
    [{ format: 'edge/truth/v1', sources: [] }],
    [{ format: 'edge/truth/v1', sources: [{ source: 'a', events: [{ startSeconds: 2, endSeconds: 1 }] }] }],
    [{ format: 'edge/truth/v1', sources: [{ source: 'a', events: [], duration: 3 }] }],
    [{ format: 'edge/truth/v1', sources: [1, 2].map(() => ({ source: 'a', events: [] })) }],
  ])('is refused when it makes no sense: %j', (document) => {
    expect(TruthDocument.safeParse(document).success).toBe(false)
  })
})

describe('intervals', () => {
  const interval = moment.map(({ startSeconds, endSeconds }) => ({ startSeconds, endSeconds }))

  it('unite to disjoint ones that hold the same instants', () => {
    fc.assert(
      fc.property(fc.array(interval), fc.integer({ min: 0, max: 500 }), (all, tick) => {
        const instant = tick / 4 + 0.1
        const holds = ({ startSeconds, endSeconds }: Interval): boolean =>
          startSeconds <= instant && instant <= endSeconds
        const united = unite(all)
        expect(united.filter(holds).length).toBe(all.some(holds) ? 1 : 0)
        expect(sharedBySets(all, all)).toBeCloseTo(
          united.reduce((sum, { startSeconds, endSeconds }) => sum + endSeconds - startSeconds, 0),
        )
      }),
    )
  })
})
