import type { ExecutionRecord, NodeId } from '../../domain/index.ts'
import type { ExecutionChange } from '../../ports/index.ts'
import { untilAgreed } from '../journal.ts'
import type { Parts } from '../parts.ts'

const reason = {
  code: 'data_lost',
  message: 'the node came back with a new data directory; what it knew of this is lost',
} as const

/** Ends every live execution of a node whose data directory is new: nobody will ever report on them. */
export async function endLostExecutions({ store, journal }: Parts, nodeId: NodeId): Promise<number> {
  return untilAgreed(async () => {
    const lost = await store.liveExecutionsOfNode(nodeId)
    if (lost.length > 0) await journal.commit({ executions: lost.map(endOf) })
    return lost.length
  })
}

function endOf({ id, revision, state }: ExecutionRecord): ExecutionChange {
  const isStarted = state === 'BidAccepted' || state === 'Running' || state === 'Publishing'
  return { id, expectedRevision: revision, to: isStarted ? 'Failed' : 'Superseded', set: { reason } }
}
