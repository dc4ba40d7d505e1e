/**
 * The planner: a pure function from a job, its executions, the nodes and the time to what is to be done. `plan()` is the way
 * in; it asks place-on-all.ts (`ops`, `daemon`) or place-batch.ts. What is tried again is one table, reason-verdicts.ts;
 * which node a job is for is matching.ts; why a node is not used is passed-over.ts.
 */
export { compare } from './compare.ts'
export { explainNodes } from './explain.ts'
export { passedOverNodes } from './passed-over.ts'
export type { Action, NodeSight, Plan, PlanInput } from './plan.ts'
export { plan } from './planner.ts'
