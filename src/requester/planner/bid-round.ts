import type { Choice, ExecutionRecord, NodeId } from '../../domain/index.ts'
import type { Attempts } from './attempts.ts'
import type { Action, PlanInput } from './plan.ts'
import { byRank, decisivePart, partsOf, type RankedBid } from './ranking.ts'

/** The offers of a batch job that wait for an answer (`open`), and the bids that were yes. */
export interface BidRound {
  readonly bids: readonly ExecutionRecord[]
  readonly open: readonly ExecutionRecord[]
}

export interface RoundEnd {
  readonly actions: readonly Action[]
  readonly taken: number
  /** Offers that are still out after these actions. */
  readonly left: number
  /** When the round ends though answers are missing. */
  readonly dueAtMs?: number
}

/**
 * Takes the best bids for the partitions that may be started, once every node that was asked has answered or the first
 * offer is `bidPatienceMs` old. When all have their node, the offers that are left are let go.
 */
export function endRound(
  { bids, open }: BidRound,
  ready: readonly number[],
  attemptsOf: (nodeId: NodeId) => Attempts,
  input: PlanInput,
): RoundEnd {
  const { job, nodes, nowMs, timings } = input
  const endMs = Math.min(...[...bids, ...open].map(({ createdAtMs }) => createdAtMs)) + timings.bidPatienceMs
  const isOver = open.length === 0 || nowMs >= endMs
  if (ready.length > 0 && bids.length > 0 && !isOver)
    return { actions: [], taken: 0, left: bids.length + open.length, dueAtMs: endMs }
  const sights = new Map(nodes.map((node) => [node.record.id, node]))
  const ranked = bids
    .flatMap((execution): RankedBid[] => {
      const { nodeId, bid = { matchedFiles: 0, matchedBytes: 0 } } = execution
      const sight = sights.get(nodeId)
      return sight === undefined
        ? []
        : [{ execution, nodeId, parts: partsOf(sight, attemptsOf(nodeId), bid) }]
    })
    .sort(byRank(job.id))
  const chosen = ranked.slice(0, ready.length)
  const taken = chosen.map(({ execution, parts }, index): Action => {
    const choice: Choice = { isChosen: true, position: index + 1, of: ranked.length, parts: [...parts] }
    return { kind: 'take', execution, choice, partition: ready[index] ?? 0 }
  })
  if (taken.length < ready.length)
    return { actions: taken, taken: taken.length, left: bids.length - taken.length + open.length }
  const beaten = ranked
    .slice(chosen.length)
    .map((each, index) =>
      letGo(each, chosen.at(-1), { position: chosen.length + index + 1, of: ranked.length }),
    )
  return { actions: [...taken, ...beaten, ...open.map(withdraw)], taken: taken.length, left: 0 }
}

function letGo(
  { execution, parts }: RankedBid,
  last: RankedBid | undefined,
  place: Pick<Choice, 'position' | 'of'>,
): Action {
  const message = last === undefined ? 'no node is needed any more' : beatenBy(last, parts)
  const choice: Choice = { isChosen: false, ...place, parts: [...parts] }
  const reason = { code: 'outbid', message } as const
  return { kind: 'end', execution, to: 'AskForBidRejected', reason, isNodeTold: true, choice }
}

function beatenBy({ execution, parts: better }: RankedBid, parts: RankedBid['parts']): string {
  const part = decisivePart(parts, better)
  const why =
    part === undefined ? 'equal, by lot' : `${part.name} ${String(part.own)} against ${String(part.other)}`
  return `the bid of ${execution.nodeName} was better: ${why}`
}

function withdraw(execution: ExecutionRecord): Action {
  const reason = { code: 'outbid', message: 'other nodes answered sooner' } as const
  return { kind: 'end', execution, to: 'Superseded', reason, isNodeTold: true }
}
