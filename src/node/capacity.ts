import { availableParallelism, totalmem } from 'node:os'
import type { Resources } from '../domain/index.ts'
import type { Settings } from '../config/index.ts'

/** What jobs may use of this machine: all cores, 80% of the memory, or what the owner said. */
export function capacityOf(settings: Pick<Settings, 'limitCpu' | 'limitMemory'>): Resources {
  return {
    cpu: settings.limitCpu ?? availableParallelism(),
    memoryBytes: settings.limitMemory ?? Math.floor(totalmem() * 0.8),
  }
}

/** Executions at a time: one for every two cores, as one execution keeps a decoder and a detector busy. */
export function concurrencyOf(settings: Pick<Settings, 'maxConcurrent'>, capacity: Resources): number {
  return settings.maxConcurrent ?? Math.max(1, Math.floor(capacity.cpu / 2))
}
