import { z } from 'zod'
import { EdgeError } from './errors.ts'

/**
 * The three state machines. A table says from where to where; `transition()` is the only way to move.
 *
 * Job: Pending (accepted, not planned) -> Queued (waits for nodes or capacity) <-> Running (at least one
 * execution runs) -> one of the four ends.
 * Execution, as the requester sees it: New -> AskForBid (offer sent) -> AskForBidAccepted | AskForBidRejected;
 * an accepted bid is taken (BidAccepted), runs, publishes and ends. Superseded: a newer attempt replaced it.
 * Publishing may end in Failed: partial results of failed work are published too.
 * Node execution, as the node sees it: Accepted -> Preparing -> Running -> Publishing -> end. Preparing and Running
 * may go back to Accepted in name only: a restarted node resumes without leaving its state.
 * Connectivity is not a state: a silent node changes nothing about what is known of its work.
 */
export const JobState = z.enum([
  'Pending',
  'Queued',
  'Running',
  'Completed',
  'PartiallyCompleted',
  'Failed',
  'Stopped',
])
export type JobState = z.infer<typeof JobState>

export const ExecutionState = z.enum([
  'New',
  'AskForBid',
  'AskForBidAccepted',
  'AskForBidRejected',
  'BidAccepted',
  'Running',
  'Publishing',
  'Completed',
  'Failed',
  'Cancelled',
  'Superseded',
])
export type ExecutionState = z.infer<typeof ExecutionState>

export const NodeExecutionState = z.enum([
  'Accepted',
  'Preparing',
  'Running',
  'Publishing',
  'Completed',
  'Failed',
  'Cancelled',
])
export type NodeExecutionState = z.infer<typeof NodeExecutionState>

export type StateTable<State extends string> = Readonly<Record<State, readonly State[]>>

export const jobTransitions: StateTable<JobState> = {
  Pending: ['Queued', 'Running', 'Completed', 'PartiallyCompleted', 'Failed', 'Stopped'],
  Queued: ['Running', 'Completed', 'PartiallyCompleted', 'Failed', 'Stopped'],
  Running: ['Queued', 'Completed', 'PartiallyCompleted', 'Failed', 'Stopped'],
  Completed: [],
  PartiallyCompleted: [],
  Failed: [],
  Stopped: [],
}

export const executionTransitions: StateTable<ExecutionState> = {
  New: ['AskForBid', 'Cancelled', 'Superseded'],
  AskForBid: ['AskForBidAccepted', 'AskForBidRejected', 'Cancelled', 'Superseded'],
  AskForBidAccepted: ['BidAccepted', 'AskForBidRejected', 'Cancelled', 'Superseded'],
  AskForBidRejected: [],
  BidAccepted: ['Running', 'Publishing', 'Failed', 'Cancelled', 'Superseded'],
  Running: ['Publishing', 'Failed', 'Cancelled', 'Superseded'],
  Publishing: ['Completed', 'Failed', 'Cancelled', 'Superseded'],
  Completed: [],
  Failed: [],
  Cancelled: [],
  Superseded: [],
}

export const nodeExecutionTransitions: StateTable<NodeExecutionState> = {
  Accepted: ['Preparing', 'Failed', 'Cancelled'],
  Preparing: ['Running', 'Publishing', 'Failed', 'Cancelled'],
  Running: ['Publishing', 'Failed', 'Cancelled'],
  Publishing: ['Completed', 'Failed', 'Cancelled'],
  Completed: [],
  Failed: [],
  Cancelled: [],
}

/** True when the table has no way out of the state. */
export function isTerminal<State extends string>(table: StateTable<State>, state: State): boolean {
  return table[state].length === 0
}

/** Returns `to` when the table allows it; throws `state_conflict` otherwise. Every store moves states through here. */
export function transition<State extends string>(table: StateTable<State>, from: State, to: State): State {
  if (table[from].includes(to)) return to
  throw new EdgeError('state_conflict', `no way from ${from} to ${to}`, { details: { from, to } })
}

export const isJobOver = (state: JobState): boolean => isTerminal(jobTransitions, state)
export const isExecutionOver = (state: ExecutionState): boolean => isTerminal(executionTransitions, state)
export const isNodeExecutionOver = (state: NodeExecutionState): boolean =>
  isTerminal(nodeExecutionTransitions, state)
