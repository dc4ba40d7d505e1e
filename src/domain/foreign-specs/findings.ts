import type { Problem } from '../spec-problems.ts'

/** What a translation has to say, and where each field of its edge/v1 spec comes from. */
export class Findings {
  readonly problems: Problem[] = []
  readonly warnings: Problem[] = []
  readonly #origins = new Map<string, string>()

  problem(path: string, message: string, suggestion?: string): void {
    this.problems.push({ path, message, ...(suggestion === undefined ? {} : { suggestion }) })
  }

  warn(path: string, message: string): void {
    this.warnings.push({ path, message })
  }

  /** What will be wrong at `edgePath` is wrong at `path` of the author’s document. */
  comesFrom(edgePath: string, path: string | undefined): void {
    if (path !== undefined) this.#origins.set(edgePath, path)
  }

  /** A problem of the translated spec, told in the words of the document it came from. */
  atOrigin(problem: Problem): Problem {
    const names = problem.path.split('.')
    for (let length = names.length; length > 0; length--) {
      const origin = this.#origins.get(names.slice(0, length).join('.'))
      if (origin === undefined) continue
      const rest = names.slice(length)
      if (rest.every((name) => /^\d+$/.test(name))) return { ...problem, path: [origin, ...rest].join('.') }
      return { ...problem, path: origin, message: `${problem.message} (edge/v1: ${problem.path})` }
    }
    return { ...problem, message: `${problem.message} (edge/v1)` }
  }
}
