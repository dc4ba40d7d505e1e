import { EdgeError } from '../domain/index.ts'

/** `name=value` texts as a record; throws `usage` naming the flag. */
export function parsePairs(flag: string, pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new EdgeError('usage', `${flag}: ${JSON.stringify(pair)} is not name=value`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}
