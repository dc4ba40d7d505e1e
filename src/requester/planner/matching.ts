import {
  capacityObjection,
  failingTerm,
  parseSelector,
  type JobSpec,
  type NodeRecord,
  type Reason,
  type SelectorTerm,
} from '../../domain/index.ts'
import type { NodeSight } from './plan.ts'

/** True when the node can be asked now: it is connected and not being drained. */
export function isAvailable({ connectivity, record }: NodeSight): boolean {
  return connectivity === 'connected' && record.duty === 'active'
}

/** Why this node is not asked to run this spec, now or later, whether it is connected or not; undefined when it is asked. */
export function objection(spec: JobSpec, node: NodeRecord): Reason | undefined {
  if (node.approval !== 'approved') {
    return { code: 'not_approved', message: `the node is ${node.approval}, not approved` }
  }
  const term = failingTerm(parseSelector(spec.selector), node.info.labels)
  if (term !== undefined) {
    return { code: 'selector_mismatch', message: `the node's labels do not fulfil ${describeTerm(term)}` }
  }
  if (!node.info.engines.some((engine) => engine.type === spec.engine.type)) {
    return { code: 'engine_unavailable', message: `the node has no ${spec.engine.type} engine` }
  }
  const source = spec.inputs.find((input) => !node.info.sources.includes(input.source.type))
  if (source !== undefined) {
    return { code: 'source_unavailable', message: `the node has no ${source.source.type} input source` }
  }
  return capacityObjection(spec.resources, node.info)
}

function describeTerm({ key, operator, values }: SelectorTerm): string {
  return operator === 'exists' ? key : `${key} ${operator} (${values.join(',')})`
}

/** True when an allow-list entry of the node begins as every input path does: a hint whom to ask first, no permission. */
export function seemsToHold(spec: JobSpec, node: NodeRecord): boolean {
  return spec.inputs.every(
    ({ source }) =>
      source.type !== 'localDirectory' ||
      node.info.allowedPaths.some((entry) => {
        const folder = entry.replace(/:(ro|rw)$|=\/.*$/, '').replace(/\/?[*?[{].*$/, '')
        return source.path === folder || source.path.startsWith(`${folder}/`)
      }),
  )
}
