import { EdgeError } from '../domain/index.ts'

// C0 controls, DEL, and both separators: what could end a path early, leave a folder or drive a terminal.
// eslint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u001f\u007f/\\]/

/** Our own unfinished downloads (see download-file.ts): nothing in a result may pass for one. */
const partName = /^\.edge-[0-9a-f]{16}\.part$/

/** Why a file or folder of this name cannot be in a result; undefined when it can. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'the name is empty'
  if (name === '.' || name === '..') return 'the name means another folder'
  if (forbidden.test(name)) return 'the name holds a separator or a control character'
  if (Buffer.byteLength(name) > 255) return 'the name has more than 255 bytes'
  if (partName.test(name)) return 'the name is that of an unfinished download'
  return undefined
}

/** Throws `output_unsafe` for names that cannot be in one folder, on any file system: unsafe or equal but for case or NFC. */
export function checkNames(folder: string, names: Iterable<string>): void {
  const seen = new Map<string, string>()
  for (const name of names) {
    const problem = nameProblem(name)
    if (problem !== undefined) throw unsafe(folder, name, problem)
    const key = name.normalize('NFC').toLowerCase()
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
