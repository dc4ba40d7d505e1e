import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { EdgeError } from '../domain/index.ts'
import type { JobEvent, JobLogLine } from '../domain/index.ts'
import { allowIdle } from './allow-idle.ts'
import type { ApiContext } from './api-context.ts'
import { asEdgeError, errorBody } from './error-replies.ts'

/** How one kind of stream is written. */
export interface StreamFormat<T> {
  readonly contentType: string
  /** How much longer than other readers its reader may stall: logs are read by people, in a pager. */
  readonly patience: number
  /** Sent at once, so that the reader sees its answer begin. Readers skip it. */
  readonly begin: string
  /** Sent from time to time. Readers skip it. */
  readonly heartbeat: string
  readonly item: (item: T) => string
  /** Sent when the source is through; a stream that breaks off has none. */
  readonly end: string
  readonly error: (error: EdgeError, requestId: string) => string
}

/**
 * Server-sent events. `id` is the history’s sequence number; `retry` (ms) is for browsers, which come again by
 * themselves; an event `end` says that nothing follows.
 */
export const eventStream: StreamFormat<JobEvent> = {
  contentType: 'text/event-stream; charset=utf-8',
  patience: 1,
  begin: ': alive\nretry: 2000\n\n',
  heartbeat: ': alive\n\n',
  item: (event) => {
    const id = event.kind === 'history' ? `id: ${event.entry.seq}\n` : ''
    return `${id}event: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`
  },
  end: 'event: end\ndata: {}\n\n',
  error: (error, requestId) => `event: error\ndata: ${JSON.stringify(errorBody(error, requestId))}\n\n`,
}

/** One JSON document a line; empty lines keep the connection alive; the last line may be `{"error": ...}`. */
export const logStream: StreamFormat<JobLogLine> = {
  contentType: 'application/x-ndjson; charset=utf-8',
  patience: 60,
  begin: '\n',
  heartbeat: '\n',
  item: (line) => `${JSON.stringify(line)}\n`,
  end: '',
  error: (error, requestId) => `${JSON.stringify({ error: errorBody(error, requestId).error })}\n`,
}

/**
 * Answers with what `source` gives, as it comes. Memory is bounded: the source is read no faster than the reader
 * reads, and a reader that stalls is dropped. Ends when the source does, the reader leaves, or the API stops.
 */
export function sendStream<T>(
  reply: FastifyReply,
  format: StreamFormat<T>,
  source: (signal: AbortSignal) => AsyncIterable<T>,
  { streams, log }: Pick<ApiContext, 'streams' | 'log'>,
): FastifyReply {
  const left = new AbortController()
  reply.raw.once('close', () => {
    left.abort(new EdgeError('interrupted', 'the reader left'))
  })
  // Its own connection lives as long as the stream does; the heartbeat shows whether the reader is there.
  allowIdle(reply.request, 0)
  const body = new PassThrough()
  const requestId = reply.request.id
  const signal = AbortSignal.any([left.signal, streams.stopping])
  const stallMs = streams.stallMs * format.patience
  const dropSlowReader = (): void => {
    log.warn({ requestId, afterMs: stallMs }, 'dropped a reader that reads too slowly')
    reply.raw.destroy()
  }
  const onError = (error: unknown): void => {
    log.error({ requestId, err: error }, 'a stream broke off')
  }
  void pump(body, format, source, {
    signal,
    requestId,
    heartbeatMs: streams.heartbeatMs,
    stallMs,
    dropSlowReader,
    onError,
  })
  return reply
    .type(format.contentType)
    .header('cache-control', 'no-cache, no-transform')
    .header('x-accel-buffering', 'no')
    .send(body)
}

interface Pace {
  readonly signal: AbortSignal
  readonly requestId: string
  readonly heartbeatMs: number
  readonly stallMs: number
  readonly dropSlowReader: () => void
  readonly onError: (error: unknown) => void
}

async function pump<T>(
  body: PassThrough,
  format: StreamFormat<T>,
  source: (signal: AbortSignal) => AsyncIterable<T>,
  pace: Pace,
): Promise<void> {
  const { signal, requestId, heartbeatMs } = pace
  body.write(format.begin)
  const heart = setInterval(() => {
    if (!body.writableNeedDrain && body.writable) body.write(format.heartbeat)
  }, heartbeatMs)
  try {
    for await (const item of source(signal)) {
      if (signal.aborted) break
      if (!body.write(format.item(item))) await drained(body, pace)
    }
    if (!signal.aborted) body.write(format.end)
  } catch (error) {
    if (!signal.aborted) {
      pace.onError(error)
      body.write(format.error(asEdgeError(error), requestId))
    }
  } finally {
    clearInterval(heart)
    body.end()
  }
}

/** Resolves when the reader has caught up; drops a reader that does not, and rejects when it is gone. */
async function drained(body: PassThrough, { signal, stallMs, dropSlowReader }: Pace): Promise<void> {
  const stalled = setTimeout(dropSlowReader, stallMs)
  try {
    await once(body, 'drain', { signal })
  } finally {
    clearTimeout(stalled)
  }
}
