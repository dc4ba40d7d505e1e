import { EdgeError, isEdgeError, openMethods, rpc, shortId } from '../../domain/index.ts'
import type { Method, NodeId } from '../../domain/index.ts'
import type { CallContext, Clock, Log } from '../../ports/index.ts'
import type { Channel } from './channel.ts'
import { decodeBody, encodeBody } from './codec.ts'
import { Deadline } from './deadline.ts'
import { defer } from './deferred.ts'
import { parseOrThrow, RequestFrame, toWire } from './envelope.ts'

export type ProtocolName = (typeof rpc)[Method]['protocol']

/** No request is longer, whatever the method: what a stranger can make this node buffer for one call. */
export const maxRequestBytes = 1_048_576
/** A caller that opened a channel must have sent its whole request by then. */
const requestDeadlineMs = 10_000
/** An error’s answer: message, hint and details. */
const maxErrorBytes = 65_536

/** A handler of any method, its types erased; what goes in and comes out is checked by the table’s schemas. */
export type AnyHandler = (request: unknown, context: CallContext) => Promise<unknown> | AsyncIterable<unknown>

export interface AnswerInit {
  readonly clock: Clock
  readonly log: Log
  readonly peer: NodeId
  readonly protocol: ProtocolName
  readonly handlerOf: (method: Method) => AnyHandler | undefined
  readonly isApproved: (peer: NodeId) => boolean
}

/** Serves one call from its request to its last answer. Never rejects: what goes wrong is answered, or breaks the channel. */
export async function answerCall(channel: Channel, init: AnswerInit): Promise<void> {
  try {
    const { method, request } = await receiveRequest(channel, init)
    const handler = admit(method, init)
    if (rpc[method].kind === 'unary') await answerOnce(channel, init, { method, request, handler })
    else await answerMany(channel, init, { method, request, handler })
    await channel.end()
  } catch (error) {
    await answerError(channel, error, init)
  }
  await awaitEnd(channel, init)
}

/** A caller ends with its request; one that does not must not keep the channel. What it has not read yet still reaches it. */
async function awaitEnd(channel: Channel, { clock }: AnswerInit): Promise<void> {
  const rude = new EdgeError('rpc_protocol', 'the caller did not end after its request')
  const deadline = new Deadline(clock, () => rude)
  deadline.start(requestDeadlineMs)
  try {
    const more = await unlessAborted(channel.receive(), deadline.signal)
    if (more !== undefined) channel.abort(rude)
  } catch (error) {
    channel.abort(EdgeError.from(error))
  } finally {
    deadline.stop()
  }
}

interface Admitted {
  readonly method: Method
  readonly request: unknown
  readonly handler: AnyHandler
}

async function receiveRequest(
  channel: Channel,
  { clock }: AnswerInit,
): Promise<{ method: Method; request: unknown }> {
  const deadline = new Deadline(clock, () => new EdgeError('rpc_timeout', 'no whole request came in time'))
  deadline.signal.addEventListener('abort', () => {
    channel.abort(deadline.signal.reason as Error)
  })
  deadline.start(requestDeadlineMs)
  try {
    const frame = await channel.receive()
    if (frame === undefined) throw new EdgeError('rpc_protocol', 'the channel ended without a request')
    const { method, request } = parseOrThrow(RequestFrame, decodeBody(frame, 'the request'), 'the request')
    if (!isMethod(method)) throw new EdgeError('rpc_protocol', `there is no method ${method}`)
    if (frame.length > rpc[method].maxBytes)
      throw new EdgeError(
        'rpc_protocol',
        `the request of ${method} has ${frame.length} bytes, more than allowed`,
      )
    return { method, request }
  } finally {
    deadline.stop()
  }
}

function admit(method: Method, { peer, protocol, isApproved, handlerOf }: AnswerInit): AnyHandler {
  if (rpc[method].protocol !== protocol)
    throw new EdgeError('rpc_protocol', `${method} does not belong to the ${protocol} protocol`)
  if (!openMethods.includes(method) && !isApproved(peer))
    throw new EdgeError('not_approved', `node ${shortId(peer)} is not approved for ${method}`)
  const handler = handlerOf(method)
  if (handler === undefined) throw new EdgeError('rpc_protocol', `this node does not answer ${method}`)
  return handler
}

async function answerOnce(
  channel: Channel,
  init: AnswerInit,
  { method, request, handler }: Admitted,
): Promise<void> {
  const rule = rpc[method]
  const parsed = parseOrThrow(rule.request, request, `the request of ${method}`)
  const deadline = new Deadline(
    init.clock,
    () => new EdgeError('rpc_timeout', `${method} was not done within ${rule.deadlineMs / 1000} s`),
  )
  deadline.start(rule.deadlineMs)
  const signal = AbortSignal.any([channel.broken, deadline.signal])
  try {
    const working = handler(parsed, { peer: init.peer, signal }) as Promise<unknown>
    await channel.send(encodeValue(method, await unlessAborted(working, signal)))
  } finally {
    deadline.stop()
  }
}

async function answerMany(
  channel: Channel,
  init: AnswerInit,
  { method, request, handler }: Admitted,
): Promise<void> {
  const parsed = parseOrThrow(rpc[method].request, request, `the request of ${method}`)
  const over = new AbortController()
  const signal = AbortSignal.any([channel.broken, over.signal])
  const values = (handler(parsed, { peer: init.peer, signal }) as AsyncIterable<unknown>)[
    Symbol.asyncIterator
  ]()
  try {
    for (;;) {
      const next = await unlessAborted(values.next(), signal)
      if (next.done === true) break
      await channel.send(encodeValue(method, next.value))
    }
    await channel.send(encodeBody({ end: true }, maxErrorBytes, `the end of ${method}`))
  } catch (error) {
    over.abort(error)
    leave(values, method, init.log)
    throw error
  }
}

/** Lets the iterator run its `finally`; one that is stuck in its own wait gets there when it heeds the signal. */
function leave(values: AsyncIterator<unknown>, method: Method, log: Log): void {
  values.return?.().catch((error: unknown) => {
    log.debug({ err: error, method }, 'a broken-off handler failed')
  })
}

function encodeValue(method: Method, value: unknown): Uint8Array {
  const { response, maxBytes } = rpc[method]
  const what = `the answer of ${method}`
  return encodeBody({ ok: true, value: parseOrThrow(response, value, what) }, maxBytes, what)
}

async function answerError(channel: Channel, thrown: unknown, { log, peer }: AnswerInit): Promise<void> {
  if (channel.broken.aborted) return
  const error = EdgeError.from(thrown)
  const fields = { err: thrown, peer, code: error.code }
  if (isEdgeError(thrown)) log.debug(fields, 'a call was answered with an error')
  else log.error(fields, 'a call failed')
  try {
    await channel.send(encodeError(error))
    await channel.end()
  } catch (unsent) {
    log.debug({ err: unsent, peer }, 'an error could not be answered')
  }
}

/** Details that have no CBOR form or are too long stay behind. */
function encodeError(error: EdgeError): Uint8Array {
  const { details, ...bare } = toWire(error)
  if (details !== undefined) {
    try {
      return encodeBody({ ok: false, error: { ...bare, details } }, maxErrorBytes, 'the error')
    } catch {
      return encodeBody({ ok: false, error: bare }, maxErrorBytes, 'the error')
    }
  }
  return encodeBody({ ok: false, error: bare }, maxErrorBytes, 'the error')
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = defer<never>()
  const abort = (): void => {
    reject(signal.reason as Error)
  }
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function isMethod(method: string): method is Method {
  return Object.hasOwn(rpc, method)
}
