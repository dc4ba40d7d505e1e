import type { FrameShape } from '../../media/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { siblingModule } from '../../utils/sibling-module.ts'
import { WorkerPool } from '../detector/worker-pool.ts'
import type { Quantising } from '../model/index.ts'
import { joinRanges } from '../quantise/index.ts'
import type { ActivationRange, ActivationRanges } from '../quantise/index.ts'
import type { ObservingWorkerData } from './observing-worker.ts'

/** Runs the float model over frames of one shape, in a thread, and gives the ranges that its values had in any of them. */
export async function observeFrames(
  quantising: Quantising,
  shape: FrameShape,
  frames: readonly Uint8Array[],
  { signal }: Abortable = {},
): Promise<ActivationRanges> {
  const observing = quantising.observe(shape)
  const pool = await WorkerPool.open({
    module: siblingModule(import.meta.url, 'observing-worker'),
    size: 1,
    workerData: {
      modelBytes: observing.bytes(),
      inputName: observing.description.inputName,
      dims: [1, (shape.height * 3) / 2, shape.width],
    } satisfies ObservingWorkerData,
  })
  const joined = new Map<string, ActivationRange>()
  try {
    for (const frame of frames) {
      signal?.throwIfAborted()
      const ranges = observing.rangesOf((await pool.ask(frame)) as ReadonlyMap<string, number>)
      for (const [name, range] of ranges) joined.set(name, joinRanges(joined.get(name) ?? range, range))
    }
  } finally {
    await pool.close()
  }
  return joined
}
