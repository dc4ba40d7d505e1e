import type { ExecutionId, JobRecord } from '../domain/index.ts'
import type { ExecutionChange, JobChange, NewExecution, NewMessage, RequesterCommit } from '../ports/index.ts'
import { assertNever } from '../utils/assert-never.ts'
import type { Action } from './planner/index.ts'

/** The actions of one plan as one transaction, with the messages that tell the nodes. */
export function commitOf(
  job: JobRecord,
  actions: readonly Action[],
  newId: () => ExecutionId,
): Omit<RequesterCommit, 'atMs'> {
  const jobs: JobChange[] = []
  const newExecutions: NewExecution[] = []
  const executions: ExecutionChange[] = []
  const messages: NewMessage[] = []
  for (const action of actions) {
    switch (action.kind) {
      case 'ask': {
        const { nodeId, nodeName, attempt } = action
        const id = newId()
        newExecutions.push({ id, jobId: job.id, nodeId, nodeName, attempt })
        executions.push({ id, expectedRevision: 0, to: 'AskForBid' })
        messages.push({ nodeId, executionId: id, kind: 'offer' })
        break
      }
      case 'take': {
        const { id, nodeId, revision } = action.execution
        const { partition, choice } = action
        const set = { ...(partition === undefined ? {} : { partition }), ...(choice && { choice }) }
        executions.push({ id, expectedRevision: revision, to: 'BidAccepted', set })
        messages.push({ nodeId, executionId: id, kind: 'start' })
        break
      }
      case 'end': {
        const { execution, to, reason, isNodeTold, choice } = action
        const { id, nodeId, revision } = execution
        executions.push({ id, expectedRevision: revision, to, set: { reason, ...(choice && { choice }) } })
        if (isNodeTold) messages.push({ nodeId, executionId: id, kind: 'cancel', reason })
        break
      }
      case 'cancel': {
        const { execution, reason } = action
        messages.push({ nodeId: execution.nodeId, executionId: execution.id, kind: 'cancel', reason })
        break
      }
      case 'moveJob': {
        const { to, reason } = action
        jobs.push({
          id: job.id,
          expectedRevision: job.revision,
          to,
          ...(reason === undefined ? {} : { reason }),
        })
        break
      }
      default:
        assertNever(action)
    }
  }
  return { jobs, newExecutions, executions, messages }
}
