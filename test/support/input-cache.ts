import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { InputCache } from '../../src/sources/index.ts'
import { systemClock } from '../../src/utils/system-clock.ts'
import { QuietLog } from './quiet-log.ts'

/** A started cache below the folder, stopped when the test is over. */
export async function inputCache(dataDir: string, quotaBytes = 1_000_000_000): Promise<InputCache> {
  const cache = new InputCache({
    directory: join(dataDir, 'inputs'),
    quotaBytes,
    clock: systemClock,
    log: new QuietLog(),
  })
  await cache.start()
  onTestFinished(() => cache.stop())
  return cache
}
