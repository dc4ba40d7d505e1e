import { EdgeError, isEdgeError } from '../../domain/index.ts'
import type { JobSpec } from '../../domain/index.ts'
import type { PreparedInput } from '../../ports/index.ts'
import { ofType } from '../of-type.ts'
import type { Run } from './run.ts'

/**
 * Readies every input. Work that is resumed waits a while for inputs that are not there (yet): after a power cut the
 * node may be up before the disk with the footage is. Throws what the input source threw.
 */
export async function prepareInputs(
  run: Run,
  spec: JobSpec,
  { isResumed }: { readonly isResumed: boolean },
): Promise<readonly PreparedInput[]> {
  const { clock, timings } = run.parts
  const untilMs = clock.monotonicMs() + (isResumed ? timings.inputGraceMs : 0)
  for (;;) {
    try {
      return await prepareOnce(run, spec)
    } catch (error) {
      run.signal.throwIfAborted()
      const isAway = isEdgeError(error, 'path_missing') || isEdgeError(error, 'input_empty')
      const leftMs = untilMs - clock.monotonicMs()
      if (!isAway || leftMs <= 0) throw error
      run.log.warn({ err: error }, 'the input of a resumed execution is not there; waiting for it')
      await clock.sleep(Math.min(leftMs, timings.crashPauseMs), { signal: run.signal })
    }
  }
}

async function prepareOnce({ parts, folder, signal }: Run, spec: JobSpec): Promise<readonly PreparedInput[]> {
  const prepared: PreparedInput[] = []
  for (const { source, target } of spec.inputs) {
    const from = ofType(parts.sources, source.type)
    if (from === undefined)
      throw new EdgeError('not_supported', `this node has no ${source.type} input source any more`)
    prepared.push(await from.prepare({ source, target, scratchDir: folder.scratch }, { signal }))
  }
  return prepared
}
