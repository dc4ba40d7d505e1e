import type { JobSpec } from '../../../domain/index.ts'
import { isGpu } from './accelerator.ts'
import type { Accelerator } from './accelerator.ts'

type Asked = Pick<JobSpec['resources'], 'gpu' | 'gpuVendor' | 'devices'>

/** A choice of free accelerators for a job, or the sentence that says what is missing. */
export type Choice =
  | { readonly ok: true; readonly chosen: readonly Accelerator[] }
  | { readonly ok: false; readonly missing: string }

/** The first free ones in the order of the inventory. GPUs of one job are of one vendor. */
export function chooseAccelerators(free: readonly Accelerator[], asked: Asked): Choice {
  const chosen: Accelerator[] = []
  if (asked.gpu > 0) {
    const vendors = asked.gpuVendor === undefined ? (['nvidia', 'amd', 'intel'] as const) : [asked.gpuVendor]
    const groups = vendors.map((vendor) => free.filter((one) => isGpu(one) && one.kind === vendor))
    const enough = groups.find(({ length }) => length >= asked.gpu)
    if (enough === undefined) {
      const most = Math.max(...groups.map(({ length }) => length))
      const kind = asked.gpuVendor === undefined ? 'GPUs of one vendor' : `${asked.gpuVendor} GPUs`
      return { ok: false, missing: `${asked.gpu} ${kind} are asked for, there are ${most}` }
    }
    chosen.push(...enough.slice(0, asked.gpu))
  }
  for (const wanted of asked.devices) {
    const found = free.find((one) => !isGpu(one) && one.kind === wanted && !chosen.includes(one))
    if (found === undefined) return { ok: false, missing: `there is no device of class ${wanted}` }
    chosen.push(found)
  }
  return { ok: true, chosen }
}
