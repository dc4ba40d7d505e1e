import { isEdgeError } from '../../domain/index.ts'
import type { Clock, EngineWork } from '../../ports/index.ts'

export interface Patience {
  readonly clock: Clock
  readonly reconnectMs: number
  readonly onLog: EngineWork['onLog']
  readonly signal: AbortSignal
  /** Called once for each time that the engine is found not to answer. */
  readonly onDown?: () => void
}

const firstPauseMs = 250

/**
 * Calls until the engine answers, however long that takes: an engine that is restarted has not lost its containers. What
 * it answers is passed on, a refusal too.
 */
export async function patiently<T>(
  { clock, reconnectMs, onLog, signal, onDown }: Patience,
  call: () => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await call()
      if (attempt > 0) onLog({ stream: 'stderr', text: 'edge: the Docker engine answers again' })
      return answer
    } catch (error) {
      if (!isEdgeError(error, 'engine_unavailable')) throw error
      signal.throwIfAborted()
      onDown?.()
      if (attempt === 0) onLog({ stream: 'stderr', text: `edge: ${error.message}; waiting for it` })
      await clock.sleep(Math.min(reconnectMs, firstPauseMs * 2 ** Math.min(attempt, 10)), { signal })
    }
  }
}
