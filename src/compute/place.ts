import type { ExecutionId, JobId, Place } from '../domain/index.ts'

/** Who this node is to the work that runs on it. */
export interface Itself {
  readonly name: string
  readonly id: string
}

/** Where an execution runs and which part of its job it is; the only place that knows of partitions, of which there is one. */
export function placeOf(
  { name, id }: Itself,
  { jobId, executionId }: { readonly jobId: JobId; readonly executionId: ExecutionId },
): Place {
  return { nodeName: name, nodeId: id, jobId, executionId, partitionIndex: 0, partitionCount: 1 }
}
