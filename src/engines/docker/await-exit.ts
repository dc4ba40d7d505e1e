import { EdgeError } from '../../domain/index.ts'
import type { Clock } from '../../ports/index.ts'
import type { ContainerEvent, ContainerFacts, EngineApi } from './engine-api.ts'
import { patiently } from './patiently.ts'
import type { Patience } from './patiently.ts'

export interface Watched {
  readonly api: EngineApi
  readonly name: string
  /** Tells its events from those of an earlier container of the same name. */
  readonly id: string
  readonly sinceMs: number
  readonly pollMs: number
  readonly patience: Patience
}

/** How a container ended, and what was done to it from outside. */
export interface Exit {
  readonly facts: ContainerFacts
  readonly isOutOfMemory: boolean
  /** The signal that somebody else sent it, an engine that was shut down among them. */
  readonly killedBy: string | undefined
  readonly wasEngineDown: boolean
  /** It had ended when it was first looked at, and the engine, restarted since, does not know how that came. */
  readonly isUnexplained: boolean
}

/** HUP, USR1 and USR2 ask programs for other things than their end. */
const harmless: ReadonlySet<string> = new Set(['1', '10', '12'])

/** Of a process that was killed: 128 and the number of SIGKILL. */
export const killedExitCode = 137

interface Seen {
  isOutOfMemory: boolean
  hasDied: boolean
  killedBy: string | undefined
  wasEngineDown: boolean
}

/**
 * Waits for the end of a container by its events and by looking at it again and again: an engine’s own `wait` never
 * returns when the engine dies. Rejects with `engine_crashed` when the container is gone, and with the signal’s reason.
 */
export async function awaitExit(watched: Watched): Promise<Exit> {
  const { api, id, sinceMs, patience } = watched
  const { clock, signal } = patience
  const over = new AbortController()
  const watching = AbortSignal.any([signal, over.signal])
  const seen: Seen = { isOutOfMemory: false, hasDied: false, killedBy: undefined, wasEngineDown: false }
  const nudge = new Nudge()
  const note = ({ Action, Actor }: ContainerEvent): void => {
    if (Action === 'oom') seen.isOutOfMemory = true
    const sent = Actor?.Attributes?.['signal'] ?? '?'
    if (Action === 'kill' && !harmless.has(sent)) seen.killedBy = sent
    if (Action === 'die') seen.hasDied = true
    if (Action === 'die' || Action === 'destroy') nudge.now()
  }
  const follow = async (untilMs?: number): Promise<void> => {
    const range = { sinceMs, ...(untilMs !== undefined && { untilMs }) }
    for await (const event of api.events(id, range, { signal: watching })) note(event)
  }
  const events = followEvents(watching, follow, clock)
  try {
    const ended = await lookUntilEnded(watched, seen, nudge, watching)
    const { looks } = ended
    let { facts } = ended
    // What brought the end about may not have been heard of yet.
    await patiently(patience, () => follow(clock.wallMs()))
    // Of a process that was killed for memory a busy engine tells after it has told of the end.
    for (let waitedMs = 0; isUntold(facts, seen) && waitedMs < lateWordMs; waitedMs += lateStepMs) {
      await clock.sleep(lateStepMs, { signal: watching })
      await patiently(patience, () => follow(clock.wallMs()))
      facts = (await patiently(patience, () => api.inspect(watched.name, { signal: watching }))) ?? facts
    }
    const isOutOfMemory = seen.isOutOfMemory || facts.State.OOMKilled
    const isUnexplained = looks === 1 && !seen.hasDied && facts.State.Status !== 'created'
    return { facts, ...seen, isOutOfMemory, isUnexplained }
  } finally {
    over.abort(new Error('the container has ended'))
    await events
  }
}

const lateWordMs = 2000
const lateStepMs = 100

/** It was killed, and nobody has said by whom. */
function isUntold({ State }: ContainerFacts, seen: Seen): boolean {
  const wasKilled = State.ExitCode === killedExitCode && !State.OOMKilled
  return wasKilled && !seen.isOutOfMemory && seen.killedBy === undefined && !seen.wasEngineDown
}

async function lookUntilEnded(
  { api, name, pollMs, patience }: Watched,
  seen: Seen,
  nudge: Nudge,
  watching: AbortSignal,
): Promise<{ readonly facts: ContainerFacts; readonly looks: number }> {
  const onDown = (): void => {
    seen.wasEngineDown = true
  }
  for (let looks = 1; ; looks++) {
    const next = nudge.next()
    const facts = await patiently({ ...patience, onDown }, () => api.inspect(name, { signal: watching }))
    if (facts === undefined)
      throw new EdgeError('engine_crashed', 'the container is gone: somebody removed it')
    if (hasEnded(facts)) return { facts, looks }
    await Promise.race([next, patience.clock.sleep(pollMs, { signal: watching })])
  }
}

export function hasEnded({ State }: ContainerFacts): boolean {
  const couldNotStart = State.Status === 'created' && State.Error !== ''
  return State.Status === 'exited' || State.Status === 'dead' || couldNotStart
}

/** Events only make it quicker; while there are none, looking is enough, and it finds out that the engine is down. */
async function followEvents(signal: AbortSignal, follow: () => Promise<void>, clock: Clock): Promise<void> {
  while (!signal.aborted) {
    await follow()
      .then(
        () => clock.sleep(reopenMs, { signal }),
        () => clock.sleep(reopenMs, { signal }),
      )
      .catch(ignoreAborted)
  }
}

const reopenMs = 500

function ignoreAborted(): void {
  return undefined
}

/** A promise that can be asked for anew, so that no news between two waits is lost. */
class Nudge {
  #current = Promise.withResolvers<undefined>()

  next(): Promise<undefined> {
    return this.#current.promise
  }

  now(): void {
    this.#current.resolve(undefined)
    this.#current = Promise.withResolvers()
  }
}
