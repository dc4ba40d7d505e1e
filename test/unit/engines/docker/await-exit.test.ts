import { describe, expect, it } from 'vitest'
import { awaitExit } from '../../../../src/engines/docker/await-exit.ts'
import type { ContainerEvent, ContainerFacts, EngineApi } from '../../../../src/engines/docker/engine-api.ts'
import { systemClock } from '../../../../src/utils/system-clock.ts'
import { FakeDocker, madeAs } from '../../../support/fake-docker.ts'

/** The end of a container with this exit code; the engine tells `events` one more at each time it is asked up to now. */
async function endOf(exitCode: number, events: readonly ContainerEvent[]) {
  const made = madeAs({ Image: 'w' })
  const ended: ContainerFacts = { ...made, State: { ...made.State, Status: 'exited', ExitCode: exitCode } }
  let asked = 0
  const told: Pick<EngineApi, 'inspect' | 'events'> = {
    inspect: () => Promise.resolve(ended),
    async *events(_id, { untilMs }) {
      await Promise.resolve()
      if (untilMs !== undefined) yield* events.slice(0, ++asked)
    },
  }
  const api = Object.assign(new FakeDocker(), told)
  const { signal } = new AbortController()
  const patience = { clock: systemClock, reconnectMs: 10, onLog: () => undefined, signal }
  const exit = await awaitExit({ api, name: 'c', id: 'c1', sinceMs: 0, pollMs: 10, patience })
  return { exit, asked }
}

describe('the end of a container', () => {
  it('is out of memory also when the engine says so after it has told of the end', async () => {
    const { exit } = await endOf(137, [{ Action: 'die' }, { Action: 'start' }, { Action: 'oom' }])
    expect(exit.isOutOfMemory).toBe(true)
  })

  it('is not waited for when somebody sent the signal, or nothing was killed', async () => {
    const sent = { Action: 'kill', Actor: { Attributes: { signal: '9' } } }
    expect(await endOf(137, [sent])).toMatchObject({
      asked: 1,
      exit: { killedBy: '9', isOutOfMemory: false },
    })
    expect(await endOf(0, [{ Action: 'die' }])).toMatchObject({ asked: 1, exit: { isOutOfMemory: false } })
  })
})
