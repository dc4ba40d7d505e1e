import { EdgeError, nameProblem, sameNameKey } from '../domain/index.ts'

/** Throws `output_unsafe` for names that cannot be in one folder, on any file system: unsafe or equal but for case or NFC. */
export function checkNames(folder: string, names: Iterable<string>): void {
  const seen = new Map<string, string>()
  for (const name of names) {
    const problem = nameProblem(name)
    if (problem !== undefined) throw unsafe(folder, name, problem)
    const key = sameNameKey(name)
    const other = seen.get(key)
    if (other !== undefined)
      throw unsafe(folder, name, `on some file systems it is the same as ${quote(other)}`)
    seen.set(key, name)
  }
}

function unsafe(folder: string, name: string, problem: string): EdgeError {
  const where = folder === '' ? 'the result’s root' : quote(folder)
  return new EdgeError('output_unsafe', `${quote(name)} in ${where} is refused: ${problem}`)
}

const quote = (text: string): string => JSON.stringify(text.slice(0, 300))
