import { isObject } from './fields.ts'

export type SpecForm = 'edge/v1' | 'bacalhau/v1beta2' | 'bacalhau/tasks'

/** A document of a known form; `body` is what a wrapping `Job:` held. */
export interface DetectedForm {
  readonly form: SpecForm
  readonly body: object
  /** Empty, or the wrapper’s name as the author spelled it. */
  readonly path: string
}

/** Tells the forms apart by their fields; undefined for what is none of them. */
export function detectForm(document: unknown): DetectedForm | undefined {
  if (!isObject(document)) return undefined
  const isOurs = isEdgeSpec(document)
  if (isOurs) return { form: 'edge/v1', body: document, path: '' }
  const wrapped = valueOf(document, 'job')
  if (wrapped !== undefined && isObject(wrapped.value)) {
    const form = foreignForm(wrapped.value)
    return form && { form, body: wrapped.value, path: wrapped.name }
  }
  const form = foreignForm(document)
  return form && { form, body: document, path: '' }
}

function isEdgeSpec(document: object): boolean {
  const version = 'apiVersion' in document ? document.apiVersion : undefined
  if (typeof version === 'string' && version.startsWith('edge/')) return true
  // Without a version: what only edge/v1 has at its top.
  return version === undefined && 'engine' in document && valueOf(document, 'spec') === undefined
}

function foreignForm(document: object): SpecForm | undefined {
  if (valueOf(document, 'tasks') !== undefined) return 'bacalhau/tasks'
  const version = valueOf(document, 'apiversion')?.value
  if (typeof version === 'string' && /^v1(alpha|beta)\d+$/i.test(version)) return 'bacalhau/v1beta2'
  return version === undefined && isObject(valueOf(document, 'spec')?.value) ? 'bacalhau/v1beta2' : undefined
}

function valueOf(
  document: object,
  key: string,
): { readonly name: string; readonly value: unknown } | undefined {
  const found = Object.entries(document).find(([name]) => name.toLowerCase() === key)
  return found && { name: found[0], value: found[1] }
}
