import type { EdgeEvent, EventsDocument, Interval, LedgerDocument, LedgerSource } from '../../domain/index.ts'
import { lengthOf, sharedBySets, unite } from './intervals.ts'
import { defaultRule, matchEvents } from './match-events.ts'
import type { Claim, MatchRule } from './match-events.ts'
import { median, quantile } from './spread.ts'
import { findTruth } from './truth.ts'
import type { TruthDocument, TruthSource } from './truth.ts'

/** How far off a boundary is, in seconds without sign, over all pairs. */
export interface BoundaryError {
  readonly median: number | null
  readonly p95: number | null
}

/** The numbers of an evaluation. Null is what cannot be told: a share of nothing, or a rate without a duration. */
export interface Scores {
  readonly truths: number
  readonly found: number
  readonly events: number
  readonly right: number
  readonly recall: number | null
  readonly precision: number | null
  readonly f1: number | null
  /** Of judged footage; null when a source’s duration is not known. */
  readonly footageSeconds: number | null
  readonly falsePerHour: number | null
  /** The share of the time of the truth that is in the output. */
  readonly coverage: number | null
  readonly startError: BoundaryError
  readonly endError: BoundaryError
  /** Events that fit a truth, on average over the truths that any event fits. */
  readonly eventsPerVisit: number | null
  /** Bytes published / bytes in, of the judged sources. */
  readonly keptRatio: number | null
}

export interface SourceScores extends Scores {
  readonly source: string
  readonly missed: readonly Claim[]
  /** Ids of the events that match no truth. */
  readonly falseEvents: readonly string[]
}

export interface Evaluation {
  readonly rule: MatchRule
  readonly total: Scores
  readonly sources: readonly SourceScores[]
  /** Sources with events of which the truth says nothing: they are not judged. */
  readonly notJudged: readonly string[]
}

export interface EvaluationInput {
  readonly truth: TruthDocument
  readonly events: EventsDocument
  /** Gives durations and bytes, and names files without any event. */
  readonly ledger?: LedgerDocument | undefined
  readonly rule?: MatchRule
}

/** What is added up over sources before any share is taken. */
interface Tally {
  readonly truths: number
  readonly found: number
  readonly events: number
  readonly right: number
  readonly footageSeconds: number | null
  readonly truthSeconds: number
  readonly coveredSeconds: number
  readonly startErrors: readonly number[]
  readonly endErrors: readonly number[]
  readonly near: number
  readonly nearTruths: number
  readonly bytes: { readonly in: number; readonly out: number } | null
}

/**
 * Compares the events of a run with the truth. An event lies where its tracks were seen, from the first detection to the
 * last, without the rolls; its output is its clip, or what was asked for where clips were not cut. Totals are made of the
 * sums over all sources, not of the means of their shares.
 */
export function evaluate({ truth, events, ledger, rule = defaultRule }: EvaluationInput): Evaluation {
  const bySource = Map.groupBy(events.events, ({ source }) => source)
  const names = new Set([...bySource.keys(), ...(ledger?.sources ?? []).map(({ source }) => source)])
  const judged = new Map<TruthSource, { name: string; events: readonly EdgeEvent[] }[]>()
  const notJudged: string[] = []
  for (const name of [...names].sort()) {
    const found = findTruth(name, truth.sources)
    if (found === undefined) notJudged.push(name)
    else judged.set(found, [...(judged.get(found) ?? []), { name, events: bySource.get(name) ?? [] }])
  }
  const judgements = truth.sources.map((source) => judge(source, judged.get(source) ?? [], ledger, rule))
  return {
    rule,
    total: scoresOf(addUp(judgements.map(({ tally }) => tally))),
    sources: judgements.map(({ tally, ...rest }) => ({ ...rest, ...scoresOf(tally) })),
    notJudged,
  }
}

function judge(
  truth: TruthSource,
  runs: readonly { readonly name: string; readonly events: readonly EdgeEvent[] }[],
  ledger: LedgerDocument | undefined,
  rule: MatchRule,
): Pick<SourceScores, 'source' | 'missed' | 'falseEvents'> & { readonly tally: Tally } {
  const events = runs.flatMap((run) => run.events)
  const claims = events.map(seenInterval)
  const { near, pairs, foundTruths, rightEvents } = matchEvents(truth.events, claims, rule)
  const lines = (ledger?.sources ?? []).filter(({ source }) => runs.some(({ name }) => name === source))
  const errors = (of: 'startSeconds' | 'endSeconds'): number[] =>
    pairs.map((pair) => Math.abs((claims[pair.event]?.[of] ?? 0) - (truth.events[pair.truth]?.[of] ?? 0)))
  const truthTime = unite(truth.events)
  const tally: Tally = {
    truths: truth.events.length,
    found: foundTruths.size,
    events: events.length,
    right: rightEvents.size,
    footageSeconds: truth.durationSeconds ?? analysedSeconds(lines[0]),
    truthSeconds: truthTime.reduce((sum, each) => sum + lengthOf(each), 0),
    coveredSeconds: sharedBySets(truthTime, events.flatMap(outputOf)),
    startErrors: errors('startSeconds'),
    endErrors: errors('endSeconds'),
    near: near.length,
    nearTruths: new Set(near.map((pair) => pair.truth)).size,
    bytes:
      ledger === undefined
        ? null
        : {
            in: lines.reduce((sum, { bytesIn }) => sum + bytesIn, 0),
            out: lines.reduce((sum, { bytesOut }) => sum + bytesOut, 0),
          },
  }
  return {
    source: truth.source,
    missed: truth.events.filter((_, index) => !foundTruths.has(index)),
    falseEvents: events.filter((_, index) => !rightEvents.has(index)).map(({ id }) => id),
    tally,
  }
}

/** In a gap nothing can be found, nor be found wrongly. */
function analysedSeconds(line: LedgerSource | undefined): number | null {
  return line === undefined ? null : line.processed.reduce((sum, each) => sum + lengthOf(each), 0)
}

function seenInterval({ tracks, asked, classes }: EdgeEvent): Claim {
  if (tracks.length === 0) return { ...asked, classes }
  return {
    startSeconds: Math.min(...tracks.map(({ firstSeconds }) => firstSeconds)),
    endSeconds: Math.max(...tracks.map(({ lastSeconds }) => lastSeconds)),
    classes,
  }
}

/** Nothing, where a clip was to be cut and was not. */
function outputOf({ actual, asked, problem }: EdgeEvent): readonly Interval[] {
  if (actual !== null) return [actual]
  return problem === undefined ? [asked] : []
}

function addUp(tallies: readonly Tally[]): Tally {
  const sum = (of: (tally: Tally) => number): number => tallies.reduce((all, one) => all + of(one), 0)
  const durations = tallies.map(({ footageSeconds }) => footageSeconds)
  const bytes = tallies.map((tally) => tally.bytes)
  return {
    truths: sum(({ truths }) => truths),
    found: sum(({ found }) => found),
    events: sum(({ events }) => events),
    right: sum(({ right }) => right),
    footageSeconds: durations.every((seconds) => seconds !== null)
      ? durations.reduce((a, b) => a + b, 0)
      : null,
    truthSeconds: sum(({ truthSeconds }) => truthSeconds),
    coveredSeconds: sum(({ coveredSeconds }) => coveredSeconds),
    startErrors: tallies.flatMap(({ startErrors }) => startErrors),
    endErrors: tallies.flatMap(({ endErrors }) => endErrors),
    near: sum(({ near }) => near),
    nearTruths: sum(({ nearTruths }) => nearTruths),
    bytes: bytes.every((each) => each !== null)
      ? {
          in: bytes.reduce((all, each) => all + each.in, 0),
          out: bytes.reduce((all, each) => all + each.out, 0),
        }
      : null,
  }
}

function scoresOf(tally: Tally): Scores {
  const { truths, found, events, right, footageSeconds, bytes } = tally
  const recall = ratio(found, truths)
  const precision = ratio(right, events)
  return {
    truths,
    found,
    events,
    right,
    recall,
    precision,
    f1: f1Of(recall, precision),
    footageSeconds,
    falsePerHour: footageSeconds === null ? null : ratio((events - right) * 3600, footageSeconds),
    coverage: ratio(Math.min(tally.coveredSeconds, tally.truthSeconds), tally.truthSeconds),
    startError: spreadOf(tally.startErrors),
    endError: spreadOf(tally.endErrors),
    eventsPerVisit: ratio(tally.near, tally.nearTruths),
    keptRatio: bytes === null ? null : ratio(bytes.out, bytes.in),
  }
}

/** The harmonic mean. Where one of the two is a share of nothing, the other decides: nothing right is 0. */
function f1Of(recall: number | null, precision: number | null): number | null {
  if (recall === null && precision === null) return null
  if (recall === null || precision === null) return 0
  return recall + precision === 0 ? 0 : (2 * recall * precision) / (recall + precision)
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}

function spreadOf(errors: readonly number[]): BoundaryError {
  return { median: median(errors), p95: quantile(errors, 0.95) }
}
