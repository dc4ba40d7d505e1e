import { EdgeError, rpc, shortId } from '../../domain/index.ts'
import type { Method, NodeId, RequestOf, ResponseOf, StreamMethod, UnaryMethod } from '../../domain/index.ts'
import type { Clock } from '../../ports/index.ts'
import type { Channel } from './channel.ts'
import { decodeBody, encodeBody } from './codec.ts'
import { Deadline } from './deadline.ts'
import { AnswerFrame, parseOrThrow } from './envelope.ts'

/** What a call needs besides its channel. */
export interface CallInit<M extends Method> {
  readonly clock: Clock
  readonly peer: NodeId
  readonly method: M
  readonly request: RequestOf<M>
  readonly signal: AbortSignal | undefined
  /** Opens the channel, giving up when the signal is aborted. */
  readonly open: (signal: AbortSignal) => Promise<Channel>
}

/** One request, one answer; see Network.call. */
export async function callUnary<M extends UnaryMethod>(init: CallInit<M>): Promise<ResponseOf<M>> {
  init.signal?.throwIfAborted()
  const body = encodeRequest(init)
  const deadline = deadlineOf(init)
  deadline.start(rpc[init.method].deadlineMs)
  try {
    const signal = either(deadline.signal, init.signal)
    const channel = await abortable(init.open(signal), signal)
    const unbind = bind(channel, signal)
    try {
      sendRequest(channel, body)
      return await oneAnswer(channel, init)
    } finally {
      unbind()
      channel.abort(finished())
    }
  } finally {
    deadline.stop()
  }
}

/** One request, many answers; see Network.stream. The deadline runs only while this end waits, not while it is read slowly. */
export async function* callStream<M extends StreamMethod>(
  init: CallInit<M>,
): AsyncGenerator<ResponseOf<M>, void, undefined> {
  init.signal?.throwIfAborted()
  const body = encodeRequest(init)
  const { deadlineMs } = rpc[init.method]
  const deadline = deadlineOf(init)
  const signal = either(deadline.signal, init.signal)
  deadline.start(deadlineMs)
  try {
    const channel = await abortable(init.open(signal), signal)
    const unbind = bind(channel, signal)
    try {
      sendRequest(channel, body)
      for (;;) {
        deadline.start(deadlineMs)
        const answer = await nextAnswer(channel, init)
        deadline.stop()
        if ('end' in answer) return
        yield responseOf(answer, init)
      }
    } finally {
      unbind()
      channel.abort(finished())
    }
  } finally {
    deadline.stop()
  }
}

function encodeRequest<M extends Method>({ method, request }: CallInit<M>): Uint8Array {
  const rule = rpc[method]
  const what = `the request of ${method}`
  return encodeBody({ method, request: parseOrThrow(rule.request, request, what) }, rule.maxBytes, what)
}

/** A send that fails broke the channel, and then `receive` says why; an answer that came before is still read. */
function sendRequest(channel: Channel, body: Uint8Array): void {
  channel
    .send(body)
    .then(() => channel.end())
    .catch((error: unknown) => {
      channel.abort(EdgeError.from(error))
    })
}

async function oneAnswer<M extends UnaryMethod>(channel: Channel, init: CallInit<M>): Promise<ResponseOf<M>> {
  const answer = await nextAnswer(channel, init)
  if ('end' in answer) throw new EdgeError('rpc_protocol', `the answer of ${init.method} has no value`)
  return responseOf(answer, init)
}

async function nextAnswer<M extends Method>(channel: Channel, init: CallInit<M>): Promise<AnswerFrame> {
  const what = `the answer of ${init.method}`
  const frame = await channel.receive()
  if (frame === undefined)
    throw new EdgeError('rpc_failed', `node ${shortId(init.peer)} ended ${init.method} without an answer`)
  return parseOrThrow(AnswerFrame, decodeBody(frame, what), what)
}

function responseOf<M extends Method>(
  answer: Exclude<AnswerFrame, { end: true }>,
  { method }: CallInit<M>,
): ResponseOf<M> {
  if (answer.ok)
    return parseOrThrow(rpc[method].response, answer.value, `the answer of ${method}`) as ResponseOf<M>
  const { details, ...error } = answer.error
  throw EdgeError.fromData(details === undefined ? error : { ...error, details })
}

function deadlineOf<M extends Method>({ clock, peer, method }: CallInit<M>): Deadline {
  return new Deadline(clock, () => {
    const seconds = rpc[method].deadlineMs / 1000
    return new EdgeError('rpc_timeout', `node ${shortId(peer)} did not answer ${method} within ${seconds} s`)
  })
}

function either(first: AbortSignal, second: AbortSignal | undefined): AbortSignal {
  return second === undefined ? first : AbortSignal.any([first, second])
}

/** An abort of the signal aborts the channel, and what waits on the channel rejects with its reason. Returns the way to undo. */
function bind(channel: Channel, signal: AbortSignal): () => void {
  const abort = (): void => {
    channel.abort(reasonOf(signal))
  }
  signal.addEventListener('abort', abort, { once: true })
  return () => {
    signal.removeEventListener('abort', abort)
  }
}

/** A channel that opens after the signal was aborted is closed again. */
async function abortable(opening: Promise<Channel>, signal: AbortSignal): Promise<Channel> {
  let channel: Channel
  try {
    channel = await opening
  } catch (error) {
    throw signal.aborted ? reasonOf(signal) : error
  }
  if (signal.aborted) channel.abort(reasonOf(signal))
  signal.throwIfAborted()
  return channel
}

function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  return reason instanceof Error ? reason : new Error(String(reason))
}

function finished(): Error {
  return new EdgeError('interrupted', 'the call is over')
}
