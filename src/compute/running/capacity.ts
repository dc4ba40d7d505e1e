import { allocateDevices, deviceKey } from '../../domain/index.ts'
import type { Device, Resources, ResourcesSpec } from '../../domain/index.ts'

export interface Limits {
  readonly capacity: Resources
  readonly devices: readonly Device[]
  readonly maxConcurrent: number
}

/** Work that waits for its turn. */
export interface Waiting {
  readonly resources: ResourcesSpec
  readonly priority: number
  /** Wall time. */
  readonly acceptedAtMs: number
  /** It had begun before the node was stopped; `devices` are the keys of what it held then. */
  readonly isBegun: boolean
  readonly devices?: ReadonlySet<string> | undefined
}

/** What running work holds. */
export interface Held {
  readonly resources: Resources
  readonly devices: readonly Device[]
}

/** What is left of `capacity`; never below nothing. */
export function freeResources(capacity: Resources, used: readonly Resources[]): Resources {
  const left = (key: keyof Resources): number =>
    Math.max(0, capacity[key] - used.reduce((total, each) => total + each[key], 0))
  return {
    cpu: round(left('cpu')),
    memoryBytes: left('memoryBytes'),
    diskBytes: left('diskBytes'),
    gpu: left('gpu'),
  }
}

/** One point of priority is worth so much waiting. */
export const priorityPointMs = 60_000

/**
 * The order of waiting work: what had begun, then by time of acceptance, where each point of priority counts as a minute
 * of waiting. The order of two never changes while they wait, so nothing is overtaken by more than comes within the
 * minutes that its priority is lower: nothing starves.
 */
export function byTurn(a: Waiting, b: Waiting): number {
  const turn = ({ acceptedAtMs, priority }: Waiting): number => acceptedAtMs - priority * priorityPointMs
  return Number(b.isBegun) - Number(a.isBegun) || turn(a) - turn(b)
}

/**
 * Which of the waiting begin now, with the devices they get. What does not fit yet keeps all it needs free for itself, so
 * that only work which takes nothing of that goes before it: work without a GPU does not wait behind work that waits for
 * one. Work larger than the node (its capacity may have shrunk) begins when nothing else runs; `devices` is undefined for
 * work that asks for devices which the node does not have.
 */
export function nextToRun<Work extends Waiting>(
  waiting: readonly Work[],
  running: readonly Held[],
  { capacity, devices, maxConcurrent }: Limits,
): readonly { readonly work: Work; readonly devices: readonly Device[] | undefined }[] {
  const begun: { work: Work; devices: readonly Device[] | undefined }[] = []
  const used = running.map(({ resources }) => resources)
  const taken = new Set(running.flatMap((each) => each.devices.map(deviceKey)))
  for (const work of [...waiting].sort(byTurn)) {
    if (used.length >= maxConcurrent) break
    const isAlone = used.length === 0
    const free = devices.filter((device) => !taken.has(deviceKey(device)))
    const got = allocateDevices(work.resources, free, work.devices)
    const isPossible = allocateDevices(work.resources, devices) !== undefined
    if (isAlone || !isPossible || (got !== undefined && fits(work.resources, freeResources(capacity, used))))
      begun.push({ work, devices: got })
    // Begun or not: the place counts as taken for all that come after it.
    used.push(work.resources)
    for (const device of got ?? (isAlone ? [] : wantedOf(work.resources, devices)))
      taken.add(deviceKey(device))
  }
  return begun
}

function fits(asked: Resources, free: Resources): boolean {
  return (Object.keys(free) as (keyof Resources)[]).every((key) => asked[key] <= free[key])
}

/** Every device that work could use which waits for some: none of these goes to work behind it. */
function wantedOf({ gpu, gpuVendor, devices: classes }: ResourcesSpec, all: readonly Device[]): Device[] {
  return all.filter(
    ({ class: kind, vendor }) =>
      classes.includes(kind) ||
      (gpu > 0 && kind === 'gpu' && (gpuVendor === undefined || vendor === gpuVendor)),
  )
}

/** 0.1 + 0.2 cores are 0.3. */
const round = (cores: number): number => Math.round(cores * 1e6) / 1e6
