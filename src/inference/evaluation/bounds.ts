import type { Scores } from './score-events.ts'

/** Limits that a run must keep, by the name of their flag. */
export interface Bounds {
  readonly minRecall?: number | undefined
  readonly minPrecision?: number | undefined
  readonly minF1?: number | undefined
  readonly minCoverage?: number | undefined
  readonly maxFalsePerHour?: number | undefined
  readonly maxStartError?: number | undefined
  readonly maxEndError?: number | undefined
  readonly maxEventsPerVisit?: number | undefined
  readonly maxKept?: number | undefined
}

/** How one bound fares. A share of nothing keeps every bound; a rate whose data is lacking keeps none. */
export interface BoundCheck {
  readonly bound: keyof Bounds
  readonly limit: number
  readonly value: number | null
  readonly isKept: boolean
}

interface Measure {
  readonly of: (scores: Scores) => number | null
  readonly side: 'least' | 'most'
  /** It is null where data is lacking, not only where there is nothing to measure. */
  readonly needsData?: boolean
}

const measures: Readonly<Record<keyof Bounds, Measure>> = {
  minRecall: { of: ({ recall }) => recall, side: 'least' },
  minPrecision: { of: ({ precision }) => precision, side: 'least' },
  minF1: { of: ({ f1 }) => f1, side: 'least' },
  minCoverage: { of: ({ coverage }) => coverage, side: 'least' },
  maxFalsePerHour: { of: ({ falsePerHour }) => falsePerHour, side: 'most', needsData: true },
  maxStartError: { of: ({ startError }) => startError.median, side: 'most' },
  maxEndError: { of: ({ endError }) => endError.median, side: 'most' },
  maxEventsPerVisit: { of: ({ eventsPerVisit }) => eventsPerVisit, side: 'most' },
  maxKept: { of: ({ keptRatio }) => keptRatio, side: 'most', needsData: true },
}

/** A ratio of sums may end a billionth below the number that was meant. */
const epsilon = 1e-9

export function checkBounds(scores: Scores, bounds: Bounds): readonly BoundCheck[] {
  return (Object.keys(measures) as (keyof Bounds)[]).flatMap((bound): BoundCheck[] => {
    const limit = bounds[bound]
    if (limit === undefined) return []
    const { of, side, needsData = false } = measures[bound]
    const value = of(scores)
    const isKept =
      value === null ? !needsData : side === 'least' ? value >= limit - epsilon : value <= limit + epsilon
    return [{ bound, limit, value, isKept }]
  })
}
