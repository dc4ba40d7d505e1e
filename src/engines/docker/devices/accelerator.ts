import type { Device } from '../../../domain/index.ts'

/** Something in this machine that a job may be given whole, and how a container gets it. */
export interface Accelerator {
  /** Unique on the node, e.g. `nvidia:0`, `amd:renderD128`, `coral:apex_0`. */
  readonly id: string
  /** As the node names it; `index` of an NVIDIA GPU is the number by which its runtime knows it. */
  readonly device: Device
  /** Device nodes on this machine. Empty for nvidia, whose runtime adds its own. */
  readonly paths: readonly string[]
  /** Groups that may use the nodes. */
  readonly groups: readonly number[]
}
