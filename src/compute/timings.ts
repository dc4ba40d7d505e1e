/** Every duration a compute node acts on, in milliseconds. */
export interface ComputeTimings {
  /** How long an accepted bid keeps its place. */
  readonly reservationMs: number
  /** Pause before a node that is not approved asks again. */
  readonly approvalPollMs: number
  /** Pause before joining again after a call failed; full jitter on top. */
  readonly rejoinMs: number
  /** Pause before a result is published again: doubles from min to max with full jitter, for ever. */
  readonly publishRetryMinMs: number
  readonly publishRetryMaxMs: number
  /** Pause before crashed work begins again; doubles. */
  readonly crashPauseMs: number
  /** How long a resumed execution waits for its input to be there again (a disk that is mounted late). */
  readonly inputGraceMs: number
  /** How often the running time is noted, which a crash then cannot take back. */
  readonly runningNoteMs: number
  /** How long a finished result stays on offer to a requester that cancelled it unknowingly and asks for nothing of it. */
  readonly crossedCancelMs: number
  /** How long results and logs stay after an execution is over. */
  readonly resultRetentionMs: number
  /** How often it is looked at what has stayed long enough. */
  readonly sweepMs: number
}

const second = 1000
const minute = 60 * second

export const defaultTimings: ComputeTimings = Object.freeze({
  reservationMs: minute,
  approvalPollMs: 3 * second,
  rejoinMs: second,
  publishRetryMinMs: 2 * second,
  publishRetryMaxMs: 5 * minute,
  crashPauseMs: second,
  inputGraceMs: 2 * minute,
  runningNoteMs: minute,
  crossedCancelMs: 60 * minute,
  resultRetentionMs: 24 * 60 * minute,
  sweepMs: minute,
})
