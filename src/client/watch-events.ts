import { EdgeError, ErrorBody, JobEvent } from '../domain/index.ts'
import { parseJson } from '../utils/parse-json.ts'
import { pause } from '../utils/pause.ts'
import type { WatchQuery } from './edge-client.ts'
import { readLines } from './read-lines.ts'
import { serverSentEvents } from './server-sent-events.ts'
import { notUnderstood, type Transport } from './transport.ts'

/** How long to wait before asking again: a random part of a bound that doubles from `minMs` up to `maxMs`. */
export interface Backoff {
  readonly minMs: number
  readonly maxMs: number
}

/** Watches through restarts of the requester (see EdgeClient.watch): each time from the last history seen. */
export async function* watchEvents(
  transport: Transport,
  { job, afterSeq, signal, onReconnect }: WatchQuery,
  backoff: Backoff,
): AsyncGenerator<JobEvent> {
  const path = job === undefined ? '/events' : `/jobs/${encodeURIComponent(job)}/events`
  let lastSeq = afterSeq
  let attempt = 0
  for (;;) {
    let broken: Error | undefined
    try {
      const headers: Record<string, string> =
        lastSeq === undefined ? {} : { 'last-event-id': String(lastSeq) }
      const onOpen = (): void => void (attempt = 0)
      const bytes = transport.stream({ path, headers }, { signal, onOpen })
      for await (const { event, data } of serverSentEvents(readLines(bytes))) {
        if (event === 'end') return
        const news = readEvent(event, data, transport.url)
        if (news.kind === 'history') {
          if (lastSeq !== undefined && news.entry.seq <= lastSeq) continue
          lastSeq = news.entry.seq
        }
        yield news
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof EdgeError && error.retryable)) throw error
      broken = error
    }
    attempt++
    const bound = Math.min(backoff.maxMs, backoff.minMs * 2 ** Math.min(attempt, 20))
    const delayMs = Math.round(Math.random() * bound)
    onReconnect?.({ attempt, delayMs, error: broken })
    await pause(delayMs, signal)
  }
}

function readEvent(event: string, data: string, url: string): JobEvent {
  const document = parseJson(data)
  if (event === 'error') {
    const body = ErrorBody.safeParse(document)
    throw body.success
      ? EdgeError.fromData({
          code: body.data.error.code,
          message: body.data.error.message,
          hint: body.data.error.hint,
        })
      : notUnderstood(url, ['an error event without an error'])
  }
  const parsed = JobEvent.safeParse(document)
  if (parsed.success) return parsed.data
  throw notUnderstood(url, [`an event ${JSON.stringify(event)} that this version does not know`])
}
