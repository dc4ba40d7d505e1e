/** Every duration the requester acts on, in milliseconds. */
export interface Timings {
  /** How often nodes are asked to send a heartbeat. */
  readonly heartbeatMs: number
  /** Silence after which a node counts as disconnected. */
  readonly disconnectedMs: number
  /** How often timeouts are looked at. */
  readonly tickMs: number
  /** An offer without an answer for so long is superseded. */
  readonly offerUnacknowledgedMs: number
  /** Pause before a message that failed is sent again: doubles from min to max, full jitter. */
  readonly messageRetryMinMs: number
  readonly messageRetryMaxMs: number
  /** Pause before a result is pulled again: doubles from min to max, full jitter, for ever. */
  readonly publishRetryMinMs: number
  readonly publishRetryMaxMs: number
  /** Pause before a new attempt after an infrastructure failure: doubles from min to max. */
  readonly attemptRetryMinMs: number
  readonly attemptRetryMaxMs: number
  /** Pause before a node that was busy or did not answer is asked again: doubles from min to max. */
  readonly askAgainMinMs: number
  readonly askAgainMaxMs: number
  /** How long a batch job waits for the bids of slow nodes before it takes the best of those that came. */
  readonly bidPatienceMs: number
  /** How long a batch job with more slots than connected nodes waits for other nodes before it uses one twice. */
  readonly distinctPatienceMs: number
  /** Nodes that fall silent within one such window fell silent together. */
  readonly massSilenceWindowMs: number
  /** How long a mass silence holds queue timeouts back; it holds the moving of work back as long as it lasts. */
  readonly massSilenceHoldMs: number
}

const second = 1000
const minute = 60 * second

/** The defaults of docs/architecture.md. */
export const defaultTimings: Timings = Object.freeze({
  heartbeatMs: 5 * second,
  disconnectedMs: 30 * second,
  tickMs: second,
  offerUnacknowledgedMs: minute,
  messageRetryMinMs: second / 2,
  messageRetryMaxMs: 30 * second,
  publishRetryMinMs: 2 * second,
  publishRetryMaxMs: 5 * minute,
  attemptRetryMinMs: 2 * second,
  attemptRetryMaxMs: 5 * minute,
  askAgainMinMs: 5 * second,
  askAgainMaxMs: minute,
  bidPatienceMs: second,
  distinctPatienceMs: minute,
  massSilenceWindowMs: minute,
  massSilenceHoldMs: 10 * minute,
})
