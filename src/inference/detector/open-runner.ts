import type { FrameShape } from '../../media/index.ts'
import { siblingModule } from '../../utils/sibling-module.ts'
import { sessionInit } from './frame-runner.ts'
import type { BatchRunner, RunnerInit } from './frame-runner.ts'
import { ProcessRunner } from './process-runner.ts'
import type { RuntimeProvider } from './provider.ts'
import { WorkerPool } from './worker-pool.ts'

/** On the cpu worker threads with a session each, on an accelerator one process. Rejects as `openSession`. */
export function openRunner(
  provider: RuntimeProvider,
  init: RunnerInit,
  shape: FrameShape,
): Promise<BatchRunner> {
  const session = sessionInit(provider, init, shape)
  if (provider !== 'cpu') return ProcessRunner.open(session)
  return WorkerPool.open({
    module: siblingModule(import.meta.url, 'detection-worker'),
    size: init.threads,
    workerData: session,
  })
}
