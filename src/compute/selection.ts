import type { ExecutionId, JobId, JobSpec, Reason } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { reason } from './reasons.ts'

/** A question about a job to somebody outside of this program: why the node must not run it, or undefined. */
export type JobProbe = (
  job: { readonly jobId: JobId; readonly executionId: ExecutionId; readonly spec: JobSpec },
  options: Abortable,
) => Promise<Reason | undefined>

/** Which jobs the node’s owner wants here, whether or not they would fit. */
export interface JobSelection {
  /** `local`: only jobs whose inputs are all on this machine already. */
  readonly dataLocality: 'local' | 'anywhere'
  /** No jobs without inputs. */
  readonly rejectStateless: boolean
  /** Jobs that want a network too. */
  readonly acceptNetworked: boolean
  /** Asked in their order after everything else said yes. */
  readonly probes: readonly JobProbe[]
}

export const anyJob: JobSelection = {
  dataLocality: 'anywhere',
  rejectStateless: false,
  acceptNetworked: true,
  probes: [],
}

/** What the owner’s rules say against the spec; the probes are not asked. */
export function selectionObjection(
  selection: JobSelection,
  { network, inputs }: JobSpec,
): Reason | undefined {
  if (network.mode !== 'none' && !selection.acceptNetworked) {
    return reason(
      'networked_rejected',
      `the job wants network ${network.mode}, and this node takes no such jobs (--job-selection-accept-networked)`,
    )
  }
  if (inputs.length === 0 && selection.rejectStateless) {
    return reason(
      'stateless_rejected',
      'the job has no inputs, and this node takes no such jobs (--job-selection-reject-stateless)',
    )
  }
  const remote = inputs.find(({ source }) => source.type !== 'localDirectory')
  if (remote !== undefined && selection.dataLocality === 'local') {
    return reason(
      'data_not_local',
      `the ${remote.source.type} input at ${remote.target} has to be fetched, and this node takes local data only (--job-selection-data-locality)`,
    )
  }
  return undefined
}
