import type {
  Choice,
  Connectivity,
  ExecutionRecord,
  JobRecord,
  JobState,
  NodeId,
  NodeRecord,
  PassedOver,
  Reason,
} from '../../domain/index.ts'
import type { Timings } from '../timings.ts'

/** A node as the planner sees it; `record.info.free` is as of its last heartbeat. */
export interface NodeSight {
  readonly record: NodeRecord
  readonly connectivity: Connectivity
  /** Since when this requester has been without news, on the scale of `nowMs`; given when disconnected. */
  readonly disconnectedSinceMs?: number
}

/** Everything a plan depends on. */
export interface PlanInput {
  readonly job: JobRecord
  /** Of this job only, in any order. */
  readonly executions: readonly ExecutionRecord[]
  readonly nodes: readonly NodeSight[]
  readonly nowMs: number
  /** For how long most nodes have been silent together; undefined when they are not. */
  readonly massSilenceMs?: number | undefined
  readonly timings: Timings
}

/** What is to be done; all actions of one plan go into one transaction. */
export type Action =
  | { readonly kind: 'ask'; readonly nodeId: NodeId; readonly nodeName: string; readonly attempt: number }
  | {
      readonly kind: 'take'
      readonly execution: ExecutionRecord
      /** `batch`. */
      readonly partition?: number
      readonly choice?: Choice
    }
  | {
      readonly kind: 'end'
      readonly execution: ExecutionRecord
      readonly to: 'Superseded' | 'Failed' | 'AskForBidRejected' | 'Cancelled'
      readonly reason: Reason
      /** The node may hold something of it and is told to let go. */
      readonly isNodeTold: boolean
      readonly choice?: Choice
    }
  /** The node is told; the execution ends when it says so. */
  | { readonly kind: 'cancel'; readonly execution: ExecutionRecord; readonly reason: Reason }
  | { readonly kind: 'moveJob'; readonly to: JobState; readonly reason?: Reason }

export interface Plan {
  readonly actions: readonly Action[]
  readonly passedOver: readonly PassedOver[]
  /** When to plan again though nothing happens: the next timeout or retry. */
  readonly dueAtMs?: number
  /** A node that joins or becomes free could change the plan. */
  readonly isWaiting: boolean
}

/** What one kind of job makes of its situation; `planner.ts` adds the job’s own state. */
export interface Placement {
  readonly actions: readonly Action[]
  readonly dueAtMs: readonly number[]
  readonly isWaiting: boolean
  /** Set when nothing runs and nothing is waited for. */
  readonly end?: { readonly to: JobState; readonly reason?: Reason }
}
