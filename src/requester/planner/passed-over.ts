import {
  isJobOver,
  type ExecutionRecord,
  type JobRecord,
  type NodeRecord,
  type PassedOver,
  type Reason,
} from '../../domain/index.ts'
import { attemptsByNode, isPostponement, isRefusal, type Attempts } from './attempts.ts'
import { compare } from './compare.ts'
import { objection } from './matching.ts'
import type { NodeSight } from './plan.ts'

interface Question {
  readonly job: JobRecord
  readonly executions: readonly ExecutionRecord[]
  readonly nodes: readonly NodeSight[]
}

/** The nodes that do not work on the job though they are known, each with the reason, by name. */
export function passedOverNodes({ job, executions, nodes }: Question): readonly PassedOver[] {
  const attemptsOf = attemptsByNode(executions)
  const isCandidate = candidatesOf(job, executions, nodes)
  return nodes
    .filter(({ record }) => isCandidate(record))
    .flatMap((node): PassedOver[] => {
      const { id: nodeId, info } = node.record
      const reason = whyNot(job, node, attemptsOf(nodeId))
      return reason === undefined ? [] : [{ nodeId, nodeName: info.name, reason }]
    })
    .sort((a, b) => compare(a.nodeName, b.nodeName) || compare(a.nodeId, b.nodeId))
}

function whyNot(job: JobRecord, node: NodeSight, { last }: Attempts): Reason | undefined {
  if (last !== undefined) {
    return isRefusal(last) || isPostponement(last) ? last.reason : undefined
  }
  const reason = objection(job.spec, node.record)
  if (reason !== undefined) return reason
  if (isJobOver(job.state) && job.spec.type === 'ops' && job.state !== 'Stopped') {
    return { code: 'disconnected', message: 'the node was not connected while the job waited for it' }
  }
  const { duty } = node.record
  if (duty !== 'active') return { code: 'draining', message: `the node is ${duty}` }
  if (node.connectivity === 'connected') return undefined
  return { code: 'disconnected', message: 'the node is not connected' }
}

/**
 * Which nodes a job is for. `ops` is for those that were known when it was submitted; if none was approved by then (a
 * fleet that is just starting), for all that join while it waits. Other jobs are for all.
 */
export function candidatesOf(
  { createdAtMs, spec }: JobRecord,
  executions: readonly ExecutionRecord[],
  nodes: readonly NodeSight[],
): (node: NodeRecord) => boolean {
  if (spec.type !== 'ops') return () => true
  const wasKnown = (node: NodeRecord): boolean => node.firstSeenAtMs <= createdAtMs
  const isNewFleet = !nodes.some(({ record }) => record.approval === 'approved' && wasKnown(record))
  if (isNewFleet) return () => true
  const used = new Set(executions.map((execution) => execution.nodeId))
  return (node) => wasKnown(node) || used.has(node.id)
}
