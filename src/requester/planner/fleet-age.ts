import type { PlanInput } from './plan.ts'

/** True for a fleet without one approved node: it is just starting, and a job is not failed for want of nodes yet. */
export function isNewFleet({ nodes, executions }: PlanInput): boolean {
  return executions.length === 0 && !nodes.some(({ record }) => record.approval === 'approved')
}
