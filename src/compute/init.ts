import type { Device, NodeInfo, NodeLimits, Resources } from '../domain/index.ts'
import type { Clock, ComputeStore, Engine, InputSource, Log, Network, Publisher } from '../ports/index.ts'
import type { JobSelection } from './selection.ts'
import type { ComputeTimings } from './timings.ts'

/** What a compute daemon is made of. The store and the network are started and stopped by whoever made them. */
export interface ComputeInit {
  readonly store: ComputeStore
  readonly network: Network
  /** Multiaddr of the requester, or `self` when it runs in this process, on the same network node. */
  readonly requesterAddress: string
  readonly engines: readonly Engine[]
  readonly sources: readonly InputSource[]
  readonly publishers: readonly Publisher[]
  readonly clock: Clock
  readonly log: Log
  /** A random UUID. */
  readonly newId: () => string
  /** Uniform in 0..1, for jitter. */
  readonly random: () => number
  readonly info: Pick<NodeInfo, 'name' | 'labels' | 'version'>
  /** Allow-list entries as the owner wrote them, to be shown by the requester. Default: none. */
  readonly allowedPaths?: readonly string[]
  /** Executions live in `<dataDir>/executions`. */
  readonly dataDir: string
  /** `gpu` is no more than there are GPUs in `devices`. */
  readonly capacity: Resources
  /** Accelerators that executions may be given. Default: none. */
  readonly devices?: readonly Device[]
  /** What one job may have at most. Default: all there is. */
  readonly perJob?: NodeLimits['perJob']
  readonly maxConcurrent: number
  /** Executions that may wait for their turn on this node. Default: 1000. */
  readonly maxQueued?: number
  /** Which jobs the owner wants here. Default: all. */
  readonly selection?: JobSelection
  readonly joinToken?: string
  readonly timings?: Partial<ComputeTimings>
}
