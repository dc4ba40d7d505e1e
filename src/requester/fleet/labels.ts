import type { Labels, NodeRecord } from '../../domain/index.ts'

/** The labels that selectors see: what the node says, and over it what was set at the requester. */
export function labelsOf({ info, setLabels }: Pick<NodeRecord, 'info' | 'setLabels'>): Labels {
  const all = { ...info.labels, ...setLabels }
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null),
  )
}
