import type { AgentView } from '../domain/index.ts'
import { EdgeError } from '../domain/index.ts'
import type { Log, Orchestrator } from '../ports/index.ts'

/** How streams behave: comments that keep them alive, readers that are given up, the end of the whole API. */
interface StreamSettings {
  readonly heartbeatMs: number
  /** A reader that takes nothing for so long is dropped; it can resume. */
  readonly stallMs: number
  readonly stopping: AbortSignal
}

/** What the routes work with. */
export interface ApiContext {
  /** Throws `not_supported` on a node that is no requester. */
  readonly orchestrator: () => Orchestrator
  readonly agent: () => AgentView
  readonly log: Log
  readonly streams: StreamSettings
}

/** `not_supported`: this node only computes; jobs and nodes are the requester’s. */
export function noRequesterHere(agent: AgentView): EdgeError {
  return new EdgeError('not_supported', `node ${agent.name} is no requester: it knows no jobs and no nodes`, {
    hint: 'Ask the requester: point --api-host and --api-port at the node that was started with --node-type=requester.',
  })
}
