import type { Clock } from '../../ports/index.ts'
import { hasEnded } from './await-exit.ts'
import type { EngineApi } from './engine-api.ts'

export interface StopParts {
  readonly api: EngineApi
  readonly clock: Clock
  readonly name: string
  readonly graceMs: number
}

const lookMs = 100

/** SIGTERM, and SIGKILL for what has not ended after the grace. Resolves when it has ended or is gone. */
export async function stopContainer({ api, clock, name, graceMs }: StopParts): Promise<void> {
  await api.kill(name, 'SIGTERM')
  if (await endsWithin(graceMs)) return
  for (;;) {
    await api.kill(name, 'SIGKILL')
    if (await endsWithin(graceMs)) return
  }

  async function endsWithin(ms: number): Promise<boolean> {
    const untilMs = clock.monotonicMs() + ms
    for (;;) {
      const facts = await api.inspect(name)
      if (facts === undefined || hasEnded(facts) || facts.State.Status === 'created') return true
      if (clock.monotonicMs() >= untilMs) return false
      await clock.sleep(lookMs)
    }
  }
}
