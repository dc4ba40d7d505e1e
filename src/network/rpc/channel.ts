/**
 * One call’s two-way line of frames. Frames are bodies without their length; each is its own memory and nobody
 * changes it after sending.
 */
export interface Channel {
  /** Resolves when the line takes more, so that awaiting every `send` bounds what is buffered. Rejects when broken. */
  send(body: Uint8Array): Promise<void>
  /**
   * The next frame; undefined when the other end has ended. Rejects with `rpc_protocol` for a frame that is too long,
   * empty or cut short, with `rpc_failed` when the line broke, with the reason of `abort`. Not to be called twice at once.
   */
  receive(): Promise<Uint8Array | undefined>
  /** No more frames from here; those sent still arrive. */
  end(): Promise<void>
  /** Ends both directions at once and at both ends; what is under way is lost. Does nothing on a closed channel. */
  abort(reason: Error): void
  /** Aborted, with the reason, when the channel was aborted here or there or its connection was lost. */
  readonly broken: AbortSignal
}
