import type { Reason, ReasonCode } from '../../domain/index.ts'

/**
 * What follows from a reason that a bid was no or an execution ended:
 * - `infrastructure`: not the workload's fault; tried again, within `retries.infrastructure`.
 * - `busy`: the node may say yes later; asked again after a pause.
 * - `refusal`: this node cannot or may not; it is not asked again for this job.
 * - `workload`: the work itself ended badly; tried again as often as `retries.workload` says, which is 0 by default.
 * - `final`: the workload's own end, or somebody's wish; nothing is tried again.
 */
export type Verdict = 'infrastructure' | 'busy' | 'refusal' | 'workload' | 'final'

/** The one table of what is tried again. */
export const verdicts: Readonly<Record<ReasonCode, Verdict>> = Object.freeze({
  not_approved: 'refusal',
  disconnected: 'busy',
  selector_mismatch: 'refusal',
  engine_unavailable: 'refusal',
  source_unavailable: 'refusal',
  path_not_allowed: 'refusal',
  path_missing: 'refusal',
  input_empty: 'refusal',
  url_not_allowed: 'refusal',
  input_not_ready: 'busy',
  input_unavailable: 'infrastructure',
  input_corrupt: 'final',
  model_unavailable: 'refusal',
  image_unavailable: 'refusal',
  capacity_exceeded: 'refusal',
  queue_full: 'busy',
  duplicate_mount: 'refusal',
  stateless_rejected: 'refusal',
  networked_rejected: 'refusal',
  data_not_local: 'refusal',
  probe_rejected: 'refusal',
  probe_failed: 'busy',
  draining: 'busy',
  no_node_matches: 'refusal',
  offer_not_acknowledged: 'busy',
  stale_token: 'busy',
  outbid: 'busy',
  exit_code: 'workload',
  cancelled_by_user: 'final',
  execution_timeout: 'final',
  queue_timeout: 'final',
  total_timeout: 'final',
  engine_failed: 'infrastructure',
  engine_crashed: 'infrastructure',
  out_of_memory: 'final',
  poison: 'infrastructure',
  data_lost: 'infrastructure',
  node_removed: 'infrastructure',
  superseded: 'busy',
  some_executions_failed: 'final',
  all_executions_failed: 'final',
  all_bids_rejected: 'final',
  not_a_video: 'final',
  unreadable: 'final',
  truncated: 'final',
  decode_error: 'final',
  time_jump: 'final',
  empty_file: 'final',
  file_changed: 'final',
  still_written: 'final',
  interrupted: 'infrastructure',
  limit_exceeded: 'final',
  labels_missing: 'final',
  labels_invalid: 'final',
  labels_unmatched: 'final',
})

/** No reason at all is nothing to build a retry on. */
export function verdictOf(reason: Reason | undefined): Verdict {
  return reason === undefined ? 'final' : verdicts[reason.code]
}
