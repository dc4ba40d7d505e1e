/** Something in this machine that a job may be given whole. */
export interface Accelerator {
  /** Unique on the node, e.g. `nvidia:0`, `amd:renderD128`, `coral:apex_0`. */
  readonly id: string
  readonly kind: 'nvidia' | 'amd' | 'intel' | 'coral'
  readonly name: string
  /** For nvidia, the number by which its runtime knows it. */
  readonly index?: number
  /** Device nodes on this machine. Empty for nvidia, whose runtime adds its own. */
  readonly paths: readonly string[]
  /** Groups that may use the nodes. */
  readonly groups: readonly number[]
}

/** gpu vendors; everything else is a device class. */
const gpuKinds = ['nvidia', 'amd', 'intel'] as const

export function isGpu({ kind }: Accelerator): boolean {
  return gpuKinds.some((gpu) => gpu === kind)
}
