import {
  isJobOver,
  shortId,
  type ExecutionRecord,
  type JobRecord,
  type NodeExplanation,
} from '../../domain/index.ts'
import { attemptsByNode, isBadEnd, isOutbid, type Attempts } from './attempts.ts'
import { compare } from './compare.ts'
import { isStarted } from './live-execution.ts'
import { seemsToHold } from './matching.ts'
import { candidatesOf, passedOverNodes } from './passed-over.ts'
import type { NodeSight } from './plan.ts'
import { partsOf } from './ranking.ts'

interface Question {
  readonly job: JobRecord
  readonly executions: readonly ExecutionRecord[]
  readonly nodes: readonly NodeSight[]
}

const order: readonly NodeExplanation['outcome'][] = ['chosen', 'asked', 'notChosen']

/** For every node that is known or was used, whether the job went there and why; chosen ones first, then by name. */
export function explainNodes(question: Question): readonly NodeExplanation[] {
  const { job, executions, nodes } = question
  const attemptsOf = attemptsByNode(executions)
  const known = nodes.map((node) => explainNode(question, node, attemptsOf(node.record.id)))
  const ids = new Set(nodes.map(({ record }) => record.id))
  const gone = new Set(executions.map(({ nodeId }) => nodeId).filter((id) => !ids.has(id)))
  const forgotten = [...gone].map((nodeId): NodeExplanation => {
    const attempts = attemptsOf(nodeId)
    return {
      nodeId,
      nodeName: attempts.last?.nodeName ?? nodeId,
      connectivity: 'disconnected',
      ...(toldOf(job, attempts) ?? { outcome: 'notChosen', why: 'the node was deleted' }),
      rank: [...(attempts.last?.choice?.parts ?? [])],
      executions: attempts.all.map(shown),
    }
  })
  return [...known, ...forgotten].sort(
    (a, b) =>
      order.indexOf(a.outcome) - order.indexOf(b.outcome) ||
      compare(a.nodeName, b.nodeName) ||
      compare(a.nodeId, b.nodeId),
  )
}

type Told = Pick<NodeExplanation, 'outcome' | 'why' | 'code'>

function explainNode(question: Question, node: NodeSight, attempts: Attempts): NodeExplanation {
  const { job } = question
  const { record, connectivity } = node
  const lastChoice = attempts.all.findLast(({ choice }) => choice !== undefined)?.choice
  const lastBid = attempts.all.findLast(({ bid }) => bid !== undefined)?.bid
  const rank =
    lastChoice?.parts ?? partsOf(node, attempts, lastBid ?? { mayHold: seemsToHold(job.spec, record) })
  return {
    nodeId: record.id,
    nodeName: record.info.name,
    connectivity,
    ...(toldOf(job, attempts) ?? whyNotAsked(question, node)),
    rank: [...rank],
    executions: attempts.all.map(shown),
  }
}

/** What the executions on the node tell; undefined when there are none. */
function toldOf({ spec }: JobRecord, { all, last }: Attempts): Told | undefined {
  if (last === undefined) return undefined
  const started = all.findLast((each) => isStarted(each) || each.state === 'Completed' || isBadEnd(each))
  if (started !== undefined) {
    const place =
      started.partition === undefined || spec.count === 1 ? '' : `, partition ${String(started.partition)}`
    const { choice, reason } = started
    const best = choice === undefined ? '' : `; bid ${String(choice.position)} of ${String(choice.of)}`
    const end = isBadEnd(started) && reason !== undefined ? `: ${reason.message}` : ''
    return { outcome: 'chosen', why: `${shortId(started.id)} ${started.state}${place}${best}${end}` }
  }
  const { state, reason } = last
  if (state === 'AskForBidRejected' || state === 'Superseded' || state === 'Cancelled') {
    const said = isOutbid(last) || state !== 'AskForBidRejected' ? '' : 'the node said no: '
    return {
      outcome: 'notChosen',
      why: `${said}${reason?.message ?? state}`,
      ...(reason === undefined ? {} : { code: reason.code }),
    }
  }
  return { outcome: 'asked', why: state === 'AskForBidAccepted' ? 'its bid is yes' : 'it was asked' }
}

function whyNotAsked({ job, executions, nodes }: Question, { record }: NodeSight): Told {
  const outcome = 'notChosen'
  if (!candidatesOf(job, executions, nodes)(record))
    return {
      outcome,
      why: 'it joined after the job was submitted, and an ops job is for the nodes known then',
    }
  const over = passedOverNodes({ job, executions, nodes }).find(({ nodeId }) => nodeId === record.id)
  if (over !== undefined) return { outcome, why: over.reason.message, code: over.reason.code }
  const isSettled = isJobOver(job.state) || executions.length > 0
  return { outcome, why: isSettled ? 'not asked: other nodes were before it' : 'not asked yet' }
}

function shown(execution: ExecutionRecord): NodeExplanation['executions'][number] {
  const { id, attempt, state, partition, reason, bid, choice } = execution
  return {
    id,
    attempt,
    state,
    ...(partition === undefined ? {} : { partition }),
    ...(reason === undefined ? {} : { reason }),
    ...(bid === undefined ? {} : { bid }),
    ...(choice === undefined ? {} : { choice }),
  }
}
