import type { ExecutionId, JobId, JobSpec, Place } from '../domain/index.ts'

/** Who this node is to the work that runs on it. */
export interface Itself {
  readonly name: string
  readonly id: string
}

interface Placed {
  readonly jobId: JobId
  readonly executionId: ExecutionId
  readonly spec: JobSpec
  /** Of a batch job that is cut into `spec.count` parts: which one, from 0. */
  readonly partition?: number | undefined
}

/** Where an execution runs and which part of its job it is: 0 of 1 when the job is in one piece. */
export function placeOf({ name, id }: Itself, { jobId, executionId, spec, partition }: Placed): Place {
  return {
    nodeName: name,
    nodeId: id,
    jobId,
    executionId,
    partitionIndex: partition ?? 0,
    partitionCount: partition === undefined ? 1 : spec.count,
  }
}
