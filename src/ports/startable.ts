/** Something with a life: both calls are idempotent, `stop` leaves nothing behind (timers, sockets, children). */
export interface Startable {
  start(): Promise<void>
  stop(): Promise<void>
}

/** The last parameter of everything that may take time. */
export interface Abortable {
  readonly signal?: AbortSignal | undefined
}
