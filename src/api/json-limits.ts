import { EdgeError } from '../domain/index.ts'

interface JsonLimits {
  readonly maxDepth: number
  readonly maxValues: number
  readonly maxKeyLength: number
}

/** Far above what any request of this API needs; below what makes checking it slow. */
const requestLimits: JsonLimits = { maxDepth: 32, maxValues: 5_000, maxKeyLength: 200 }

/** Refuses a parsed document that is too deep or too large to be checked quickly: throws `request_invalid`. */
export function checkJsonLimits(document: unknown, limits: JsonLimits = requestLimits): void {
  const refuse = (what: string): never => {
    throw new EdgeError('request_invalid', `the request body has ${what}`)
  }
  const pending: { readonly value: unknown; readonly depth: number }[] = [{ value: document, depth: 1 }]
  let seen = 0
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    const { value, depth } = item
    if (typeof value !== 'object' || value === null) continue
    if (depth > limits.maxDepth) refuse(`more than ${limits.maxDepth} levels`)
    const keys = Object.keys(value)
    seen += keys.length
    if (seen > limits.maxValues) refuse(`more than ${limits.maxValues} values`)
    if (!Array.isArray(value) && keys.some((key) => key.length > limits.maxKeyLength))
      refuse(`a field name longer than ${limits.maxKeyLength} characters`)
    for (const child of Object.values(value)) pending.push({ value: child, depth: depth + 1 })
  }
}
