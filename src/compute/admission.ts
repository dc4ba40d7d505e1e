import { capacityObjection, normalPath, placeClashes } from '../domain/index.ts'
import type { Bid, InputSpec, JobSpec, NodeLimits, OfferRequest, Reason } from '../domain/index.ts'
import type { Abortable, Engine, InputSource, Publisher } from '../ports/index.ts'
import { ofType } from './of-type.ts'
import { preparingReason, reason } from './reasons.ts'
import { selectionObjection } from './selection.ts'
import type { JobSelection } from './selection.ts'

/** What this node has to offer. */
export interface Abilities extends NodeLimits {
  readonly selection: JobSelection
  readonly engines: readonly Engine[]
  readonly sources: readonly InputSource[]
  readonly publishers: readonly Publisher[]
}

/** Whether this node can run the spec at all, asked of its engine and its inputs as they are now. Busy is no reason. */
export async function admit(
  abilities: Abilities,
  offer: OfferRequest,
  options: Abortable = {},
): Promise<Bid> {
  const { spec } = offer
  const objection =
    capacityObjection(spec.resources, abilities) ??
    selectionObjection(abilities.selection, spec) ??
    targetObjection(spec.inputs) ??
    publisherObjection(abilities.publishers, spec) ??
    (await engineObjection(abilities.engines, spec, options))
  if (objection !== undefined) return { accepted: false, reason: objection }
  let matchedFiles = 0
  let matchedBytes = 0
  for (const input of spec.inputs) {
    const found = await inspect(abilities.sources, input, options)
    if ('code' in found) return { accepted: false, reason: found }
    matchedFiles += found.files
    matchedBytes += found.bytes
  }
  for (const probe of abilities.selection.probes) {
    const refusal = await probe(offer, options)
    if (refusal !== undefined) return { accepted: false, reason: refusal }
  }
  return { accepted: true, matchedFiles, matchedBytes }
}

/** Two inputs at one place, or one within the other, would hide each other. */
export function targetObjection(inputs: readonly Pick<InputSpec, 'target'>[]): Reason | undefined {
  const [clash] = placeClashes(inputs.map(({ target }) => ({ path: target })))
  if (clash === undefined) return undefined
  const { place, other } = clash
  const path = normalPath(place.path)
  return other === undefined
    ? reason('duplicate_mount', `${place.path} is the root folder, not a place for an input`)
    : reason('duplicate_mount', `the inputs at ${path} and ${normalPath(other.path)} overlap`)
}

function publisherObjection(publishers: readonly Publisher[], { publisher }: JobSpec): Reason | undefined {
  if (ofType(publishers, publisher.type) !== undefined) return undefined
  return reason('engine_unavailable', `this node cannot publish to ${publisher.type}`)
}

async function engineObjection(
  engines: readonly Engine[],
  spec: JobSpec,
  options: Abortable,
): Promise<Reason | undefined> {
  const engine = ofType(engines, spec.engine.type)
  if (engine === undefined) return reason('engine_unavailable', `this node has no ${spec.engine.type} engine`)
  const { available, detail } = await engine.status()
  if (!available)
    return reason('engine_unavailable', `the ${spec.engine.type} engine of this node cannot run: ${detail}`)
  return engine.objection(spec, options)
}

async function inspect(
  sources: readonly InputSource[],
  input: InputSpec,
  options: Abortable,
): Promise<{ readonly files: number; readonly bytes: number } | Reason> {
  const source = ofType(sources, input.source.type)
  if (source === undefined)
    return reason('source_unavailable', `this node has no ${input.source.type} input source`)
  try {
    const inspection = await source.inspect(input.source, options)
    return inspection.ok ? inspection : inspection.reason
  } catch (error) {
    options.signal?.throwIfAborted()
    return preparingReason(error)
  }
}
