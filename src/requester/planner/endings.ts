import {
  shortId,
  type ExecutionRecord,
  type JobState,
  type PassedOver,
  type Reason,
} from '../../domain/index.ts'
import { isBadEnd, isRefusal } from './attempts.ts'

interface Tally {
  readonly executions: readonly ExecutionRecord[]
  readonly completed: number
  /** Seats that ended badly for good. */
  readonly failed: number
  /** Slots of `batch` that nobody took. */
  readonly missing: number
  readonly isExpired: boolean
  readonly passedOver: readonly PassedOver[]
}

/** The end of a job for which nothing runs and nothing is waited for, with a reason unless it is Completed. */
export function endingOf(tally: Tally): { readonly to: JobState; readonly reason?: Reason } {
  const { completed, failed, missing } = tally
  if (completed > 0 && failed === 0 && missing === 0) return { to: 'Completed' }
  return { to: completed > 0 ? 'PartiallyCompleted' : 'Failed', reason: causeOf(tally) }
}

function causeOf({ executions, completed, failed, isExpired, passedOver }: Tally): Reason {
  if (failed > 0) {
    const code = completed > 0 ? 'some_executions_failed' : 'all_executions_failed'
    return { code, message: list(`${String(failed)} failed`, executions.filter(isBadEnd).map(describeEnd)) }
  }
  const why = passedOver.map(({ nodeName, reason }) => `${nodeName}: ${reason.message}`)
  if (isExpired)
    return { code: 'queue_timeout', message: list('no node took it within timeouts.queueSeconds', why) }
  if (executions.some(isRefusal)) {
    return { code: 'all_bids_rejected', message: list('no node that was asked would run it', why) }
  }
  return { code: 'no_node_matches', message: list('no node matches', why) }
}

function describeEnd({ nodeName, id, state, reason }: ExecutionRecord): string {
  return `${nodeName} (${shortId(id)}): ${reason?.message ?? state}`
}

/** At most five of them in words, the rest as a number; below the limit of a reason’s message. */
function list(head: string, items: readonly string[]): string {
  if (items.length === 0) return head
  const shown = items.slice(0, 5).map((item) => item.slice(0, 500))
  const rest = items.length > 5 ? `; and ${String(items.length - 5)} more` : ''
  return `${head}: ${shown.join('; ')}${rest}`
}
