import type { Interval } from '../../domain/index.ts'
import { lengthOf, sharedSeconds } from './intervals.ts'

/** Something with a place in time and what it shows; no classes means any. */
export interface Claim extends Interval {
  readonly classes: readonly string[]
}

/**
 * When a truth and an event may be one and the same. They must share a class, and at least `overlapSeconds` or
 * `overlapShare` of the shorter of the two, whichever is less (ActEV scores in this way), after both were widened by
 * half of `toleranceSeconds` at each end; and have a temporal intersection over union of `minIou` or more.
 * `pairing`: `one-to-one` gives each event to one truth, as many pairs as there can be; `any` lets one event find several
 * truths and several events the same truth.
 */
export interface MatchRule {
  readonly pairing: 'one-to-one' | 'any'
  readonly overlapSeconds: number
  readonly overlapShare: number
  readonly toleranceSeconds: number
  readonly minIou: number
}

export const defaultRule: MatchRule = {
  pairing: 'one-to-one',
  overlapSeconds: 1,
  overlapShare: 0.5,
  toleranceSeconds: 0,
  minIou: 0,
}

/** Which truth goes with which event, by index. `near` are all pairs that fit, `pairs` those that count. */
export interface Matching {
  readonly near: readonly Pair[]
  /** At most one for each truth: its event, the best one where several count. */
  readonly pairs: readonly Pair[]
  readonly foundTruths: ReadonlySet<number>
  readonly rightEvents: ReadonlySet<number>
}

export interface Pair {
  readonly truth: number
  readonly event: number
  readonly iou: number
}

/** Matches the truths of one source with its events; neither order matters, but for pairs of equal overlap. */
export function matchEvents(
  truths: readonly Claim[],
  events: readonly Claim[],
  rule: MatchRule = defaultRule,
): Matching {
  const near = truths
    .flatMap((truth, truthIndex) =>
      events.flatMap((event, eventIndex): Pair[] => {
        const iou = overlapOf(truth, event, rule)
        return iou === undefined ? [] : [{ truth: truthIndex, event: eventIndex, iou }]
      }),
    )
    .toSorted((a, b) => b.iou - a.iou || a.truth - b.truth || a.event - b.event)
  const pairs = rule.pairing === 'any' ? firstOfEachTruth(near) : pairOff(near)
  const right = rule.pairing === 'any' ? near : pairs
  return {
    near,
    pairs,
    foundTruths: new Set(pairs.map(({ truth }) => truth)),
    rightEvents: new Set(right.map(({ event }) => event)),
  }
}

function firstOfEachTruth(near: readonly Pair[]): readonly Pair[] {
  const seen = new Set<number>()
  return near.filter(({ truth }) => !seen.has(truth) && seen.add(truth))
}

/**
 * As many disjoint pairs as there can be (augmenting paths, H. W. Kuhn 1955), best overlap tried first: the number does
 * not depend on the order, and is the same when truths and events change sides.
 */
function pairOff(near: readonly Pair[]): readonly Pair[] {
  const ofTruth = Map.groupBy(near, ({ truth }) => truth)
  const taken = new Map<number, Pair>()
  const place = (truth: number, tried: Set<number>): boolean => {
    const wishes = (ofTruth.get(truth) ?? []).filter(({ event }) => !tried.has(event))
    const free = wishes.find(({ event }) => !taken.has(event))
    if (free !== undefined) {
      taken.set(free.event, free)
      return true
    }
    for (const wish of wishes) {
      if (tried.has(wish.event)) continue
      tried.add(wish.event)
      const holder = taken.get(wish.event)
      if (holder !== undefined && !place(holder.truth, tried)) continue
      taken.set(wish.event, wish)
      return true
    }
    return false
  }
  for (const truth of ofTruth.keys()) place(truth, new Set())
  return [...taken.values()]
}

/** The temporal IoU of a pair that may match; undefined for one that may not. */
function overlapOf(a: Claim, b: Claim, rule: MatchRule): number | undefined {
  if (!shareClass(a.classes, b.classes)) return undefined
  const [one, other] = [widen(a, rule.toleranceSeconds / 2), widen(b, rule.toleranceSeconds / 2)]
  const shared = sharedSeconds(one, other)
  const shorter = Math.min(lengthOf(one), lengthOf(other))
  // an instant has no length to share: it matches what holds it
  const isHit =
    shorter === 0
      ? one.startSeconds <= other.endSeconds && other.startSeconds <= one.endSeconds
      : shared > 0 && shared >= Math.min(rule.overlapSeconds, rule.overlapShare * shorter)
  const either = lengthOf(one) + lengthOf(other) - shared
  const iou = either === 0 ? 1 : shared / either
  return isHit && iou >= rule.minIou ? iou : undefined
}

function shareClass(a: readonly string[], b: readonly string[]): boolean {
  return a.length === 0 || b.length === 0 || a.some((name) => b.includes(name))
}

function widen({ startSeconds, endSeconds }: Interval, by: number): Interval {
  return { startSeconds: startSeconds - by, endSeconds: endSeconds + by }
}
