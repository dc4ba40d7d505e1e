import type { Reason, ReasonCode } from '../../domain/index.ts'

/** So many places are named of each kind of problem. */
const mostExamples = 3

interface Kind {
  readonly code: ReasonCode
  readonly what: string
  count: number
  readonly examples: string[]
}

/** What is wrong with detections that somebody left: each kind once, with its first places and how many more there are. */
export class Problems {
  readonly #kinds = new Map<string, Kind>()

  /** `what` is the same for all problems of a kind; `where` names one. */
  add(code: ReasonCode, what: string, where?: string): void {
    const key = `${code} ${what}`
    const kind = this.#kinds.get(key) ?? { code, what, count: 0, examples: [] }
    this.#kinds.set(key, kind)
    kind.count++
    if (where !== undefined && kind.examples.length < mostExamples) kind.examples.push(where)
  }

  get told(): Reason[] {
    return [...this.#kinds.values()].map(({ code, what, count, examples }) => {
      const more = count - examples.length
      const hidden = examples.length === 0 || more === 0 ? '' : ` and ${more} more`
      const places = examples.length === 0 ? '' : `: ${examples.join('; ')}`
      return { code, message: `${what}${places}${hidden}`.slice(0, 4000) }
    })
  }
}

/** A name that somebody else chose, fit to be printed: no control characters, and not too long. */
export function quoted(name: string): string {
  const characters = Array.from(name)
  return JSON.stringify(
    characters.length <= 160
      ? name
      : `${characters.slice(0, 100).join('')}…${characters.slice(-40).join('')}`,
  ).replaceAll(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '?')
}
