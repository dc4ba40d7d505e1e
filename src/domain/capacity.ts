import { allocateDevices } from './devices.ts'
import type { Device, Resources } from './records.ts'
import type { Reason } from './reason.ts'
import type { ResourcesSpec } from './work-spec.ts'

/** What limits an execution on a node: everything it has, and what its owner lets one job have of it. */
export interface NodeLimits {
  readonly capacity: Resources
  readonly devices: readonly Device[]
  readonly perJob?: Partial<Pick<Resources, 'cpu' | 'memoryBytes' | 'gpu'>> | undefined
}

/** Why the node can never run this, however long it waits for others to end; undefined when it can. */
export function capacityObjection(asked: ResourcesSpec, limits: NodeLimits): Reason | undefined {
  const { capacity, perJob = {} } = limits
  const message =
    tooMuch(asked, capacity, 'the node has') ??
    tooMuch(asked, perJob, 'a job may have at most') ??
    (allocateDevices(asked, limits.devices) === undefined ? missingDevices(asked) : undefined)
  return message === undefined ? undefined : { code: 'capacity_exceeded', message }
}

const words: Readonly<Record<keyof Resources, string>> = {
  cpu: 'CPU cores',
  memoryBytes: 'bytes of memory',
  diskBytes: 'bytes of disk',
  gpu: 'GPUs',
}

function tooMuch(asked: Resources, limit: Partial<Resources>, whose: string): string | undefined {
  for (const key of ['cpu', 'memoryBytes', 'diskBytes', 'gpu'] as const) {
    const most = limit[key] ?? Infinity
    if (asked[key] > most) return `asks for ${asked[key]} ${words[key]}, ${whose} ${most}`
  }
  return undefined
}

function missingDevices({ gpu, gpuVendor, devices }: ResourcesSpec): string {
  const gpus = gpu === 0 ? [] : [`${gpu} GPUs of ${gpuVendor ?? 'one vendor'}`]
  return `asks for ${[...gpus, ...devices].join(', ')}, which the node does not have`
}
