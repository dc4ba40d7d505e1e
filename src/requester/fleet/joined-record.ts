import type { Approval, JoinRequest, NodeId, NodeRecord } from '../../domain/index.ts'

interface Joined {
  readonly id: NodeId
  readonly name: string
  readonly approval: Approval
  readonly request: JoinRequest
  readonly known: NodeRecord | undefined
  readonly nowMs: number
}

/** What is kept of a node that joins: what it says now, and what was decided about it before. */
export function joinedRecord({ id, name, approval, request, known, nowMs }: Joined): NodeRecord {
  const { bootId, dataEpoch, info } = request
  return {
    id,
    approval,
    info: { ...info, name },
    bootId,
    dataEpoch,
    ackedReportSeq: known?.ackedReportSeq ?? 0,
    firstSeenAtMs: known?.firstSeenAtMs ?? nowMs,
    lastSeenAtMs: nowMs,
    duty: known?.duty ?? 'active',
    ...(known?.drainUntilMs === undefined ? {} : { drainUntilMs: known.drainUntilMs }),
    setLabels: known?.setLabels ?? {},
  }
}
