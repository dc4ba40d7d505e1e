import { statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { gpuClass, type Device, type NodeLimits, type Resources } from '../domain/index.ts'
import type { Settings } from '../config/index.ts'

type Limiting = Pick<
  Settings,
  'dataDir' | 'limitCpu' | 'limitMemory' | 'limitGpu' | 'limitJobCpu' | 'limitJobMemory' | 'limitJobGpu'
>

/** What jobs may use: all cores and GPUs, 80% of the memory and of the free disk, or what the owner said. */
export async function limitsOf(settings: Limiting, found: readonly Device[]): Promise<NodeLimits> {
  const { limitCpu, limitMemory, limitGpu = Infinity, dataDir } = settings
  const { bavail, bsize } = await statfs(dataDir)
  const gpus = found.filter((device) => device.class === gpuClass).slice(0, limitGpu)
  const { limitJobCpu: cpu, limitJobMemory: memoryBytes, limitJobGpu: gpu } = settings
  return {
    capacity: {
      cpu: limitCpu ?? availableParallelism(),
      memoryBytes: limitMemory ?? Math.floor(totalmem() * 0.8),
      diskBytes: Math.floor(bavail * bsize * 0.8),
      gpu: gpus.length,
    },
    devices: [...gpus, ...found.filter((device) => device.class !== gpuClass)],
    perJob: {
      ...(cpu === undefined ? {} : { cpu }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(gpu === undefined ? {} : { gpu }),
    },
  }
}

/** Executions at a time: one for every two cores, as one execution keeps a decoder and a detector busy. */
export function concurrencyOf(settings: Pick<Settings, 'maxConcurrent'>, capacity: Resources): number {
  return settings.maxConcurrent ?? Math.max(1, Math.floor(capacity.cpu / 2))
}
