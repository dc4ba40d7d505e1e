import type { JobSelection } from '../compute/index.ts'
import type { Settings } from '../config/index.ts'
import { execProbe, httpProbe } from './job-probes.ts'

type Selecting = Pick<
  Settings,
  | 'jobSelectionDataLocality'
  | 'jobSelectionRejectStateless'
  | 'jobSelectionAcceptNetworked'
  | 'jobSelectionProbeExec'
  | 'jobSelectionProbeHttp'
  | 'jobSelectionProbeTimeout'
>

/** Which jobs the owner’s settings let a node take. */
export function selectionOf(settings: Selecting): JobSelection {
  const { jobSelectionProbeExec: command, jobSelectionProbeHttp: url } = settings
  const timeoutMs = settings.jobSelectionProbeTimeout * 1000
  return {
    dataLocality: settings.jobSelectionDataLocality,
    rejectStateless: settings.jobSelectionRejectStateless,
    acceptNetworked: settings.jobSelectionAcceptNetworked,
    probes: [
      ...(command === undefined ? [] : [execProbe(command, timeoutMs)]),
      ...(url === undefined ? [] : [httpProbe(url, timeoutMs)]),
    ],
  }
}
