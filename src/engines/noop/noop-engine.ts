import { EdgeError } from '../../domain/index.ts'
import type { Clock, Engine, EngineOutcome } from '../../ports/index.ts'

/** The engine `noop`: waits `durationMs` on the given clock, prints one line and ends with `exitCode`. Looks at no input. */
export function createNoopEngine({ clock }: { readonly clock: Clock }): Engine {
  return {
    type: 'noop',
    status: () => Promise.resolve({ available: true, detail: 'built in' }),
    objection: () => Promise.resolve(undefined),
    async run({ spec: { engine: spec }, onLog }, { signal }): Promise<EngineOutcome> {
      if (spec.type !== 'noop') throw new EdgeError('internal', `the noop engine was given ${spec.type} work`)
      signal.throwIfAborted()
      await clock.sleep(spec.durationMs, { signal })
      onLog({ stream: 'stdout', text: `did nothing for ${spec.durationMs} ms` })
      return {
        exitCode: spec.exitCode,
        scannedFiles: 0,
        scannedBytes: 0,
        scannedSeconds: 0,
        events: 0,
        clips: 0,
      }
    },
  }
}
