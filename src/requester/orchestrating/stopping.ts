import {
  EdgeError,
  isExecutionOver,
  isJobOver,
  type ExecutionRecord,
  type JobRecord,
  type Reason,
} from '../../domain/index.ts'
import type { ExecutionChange, NewMessage } from '../../ports/index.ts'
import { assertNever } from '../../utils/assert-never.ts'
import type { Parts } from '../parts.ts'

const reason: Reason = { code: 'cancelled_by_user', message: 'the job was stopped by a user' }
/** More than a node can have waiting. */
const wholeOutbox = 10_000

interface Step {
  readonly change?: ExecutionChange
  readonly message?: NewMessage
  readonly settled?: number
}

/**
 * Stops the job in one transaction. What never started is Cancelled at once; what runs is cancelled when its node says so,
 * which may be after a long silence; work that is done is still fetched. Throws `job_over`, `state_conflict`.
 */
export async function stopJob({ store, journal }: Parts, job: JobRecord): Promise<JobRecord> {
  if (isJobOver(job.state)) throw new EdgeError('job_over', `job ${job.id} is ${job.state} already`)
  const live = (await store.executionsOfJob(job.id)).filter(({ state }) => !isExecutionOver(state))
  const steps: Step[] = []
  for (const execution of live) steps.push(stepOf(execution, await unsentStart(execution)))
  const { jobs } = await journal.commit({
    jobs: [{ id: job.id, expectedRevision: job.revision, to: 'Stopped', reason }],
    executions: steps.flatMap(({ change }) => change ?? []),
    messages: steps.flatMap(({ message }) => message ?? []),
    settledMessages: steps.flatMap(({ settled }) => settled ?? []),
  })
  return jobs[0] ?? job

  /** The start message of an execution whose node has not acknowledged it. */
  async function unsentStart({ id, nodeId, state }: ExecutionRecord): Promise<number | undefined> {
    if (state !== 'BidAccepted') return undefined
    const messages = await store.outbox(nodeId, wholeOutbox)
    return messages.find(({ kind, executionId }) => kind === 'start' && executionId === id)?.seq
  }
}

function stepOf({ id, nodeId, state, revision }: ExecutionRecord, unsentStart: number | undefined): Step {
  const message: NewMessage = { nodeId, executionId: id, kind: 'cancel', reason }
  const change: ExecutionChange = { id, expectedRevision: revision, to: 'Cancelled', set: { reason } }
  switch (state) {
    case 'New':
      return { change }
    case 'AskForBid':
    case 'AskForBidAccepted':
      return { change, message }
    case 'BidAccepted':
      // The start may have arrived all the same, with its answer lost: the cancel follows it.
      return unsentStart === undefined ? { message } : { change, message, settled: unsentStart }
    case 'Running':
      return { message }
    case 'Publishing':
    case 'AskForBidRejected':
    case 'Completed':
    case 'Failed':
    case 'Cancelled':
    case 'Superseded':
      return {}
    default:
      return assertNever(state)
  }
}
