import type { Device } from './records.ts'
import type { ResourcesSpec } from './work-spec.ts'

/** The class of what `resources.gpu` counts. */
export const gpuClass = 'gpu'

/** One name for one device of a node. */
export function deviceKey({ class: kind, vendor = '', index }: Device): string {
  return `${kind}/${vendor}/${index}`
}

/**
 * Which of the free devices an execution gets: GPUs all of one vendor, and one device for each class that it names.
 * `preferred` (keys) are taken first, then the lowest indices. Undefined when there are not enough.
 */
export function allocateDevices(
  asked: Pick<ResourcesSpec, 'gpu' | 'gpuVendor' | 'devices'>,
  free: readonly Device[],
  preferred: ReadonlySet<string> = new Set(),
): readonly Device[] | undefined {
  const pool = [...free].sort(
    (a, b) => Number(preferred.has(deviceKey(b))) - Number(preferred.has(deviceKey(a))) || a.index - b.index,
  )
  const gpus = allocateGpus(asked, pool)
  if (gpus === undefined) return undefined
  const taken = [...gpus]
  for (const kind of asked.devices) {
    const device = pool.find((each) => each.class === kind && !taken.includes(each))
    if (device === undefined) return undefined
    taken.push(device)
  }
  return taken
}

function allocateGpus(
  { gpu, gpuVendor }: Pick<ResourcesSpec, 'gpu' | 'gpuVendor'>,
  pool: readonly Device[],
): readonly Device[] | undefined {
  if (gpu === 0) return []
  const gpus = pool.filter(({ class: kind }) => kind === gpuClass)
  const vendors = gpuVendor === undefined ? new Set(gpus.map(({ vendor }) => vendor)) : [gpuVendor]
  for (const wanted of vendors) {
    const own = gpus.filter(({ vendor }) => vendor === wanted)
    if (own.length >= gpu) return own.slice(0, gpu)
  }
  return undefined
}
