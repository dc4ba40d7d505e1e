import picomatch from 'picomatch'
import { EdgeError } from '../../domain/index.ts'
import { segmentsOf } from './paths.ts'

export type AccessMode = 'ro' | 'rw'

/** One line of the owner’s allow-list, compiled: a literal root, and what below it is allowed. */
export interface AllowListEntry {
  /** As the owner wrote it. */
  readonly text: string
  readonly mode: AccessMode
  /** The absolute path up to the first name with a glob character. */
  readonly root: string
  /** Another name of `root` for jobs. */
  readonly alias?: string
  /** Asked with the names below the canonical root, joined by `/`; empty for the root itself. */
  readonly allows: (below: string) => boolean
}

export type AllowList = readonly AllowListEntry[]

const globCharacters = /[*?[\]{}\\]/
// eslint-disable-next-line no-control-regex
export const controlCharacters = /[\u0000-\u001f\u007f]/

/**
 * Compiles allow-list entries: a doublestar glob, and `:ro` (default) or `:rw`.
 * `/videos` (no glob character) allows the path itself and everything below it, and so does `/videos/**`;
 * `*` and `?` stop at `/`, `**` does not; `[ab]`, `{a,b}` and `\` to take a character literally work as in a shell, within one name.
 * A path that itself has a colon is written with its suffix: `/cam:1:ro`. Whether the root exists is not asked here.
 * `/videos=/mnt/cam3/records` gives a folder without glob characters another name: what a job calls `/videos/a.mp4` is then
 * `/mnt/cam3/records/a.mp4`, so that one job fits nodes whose folders differ.
 * Throws `config_invalid` naming the entry.
 */
export function parseAllowList(entries: readonly string[]): AllowList {
  return entries.map((text) => parseEntry(text))
}

function parseEntry(text: string): AllowListEntry {
  const { path: named, mode } = splitSuffix(text)
  const { alias, path } = splitAlias(named)
  for (const part of alias === undefined ? [path] : [alias, path]) {
    const complaint = complaintAbout(part)
    if (complaint !== undefined) throw invalid(text, complaint)
  }
  const segments = segmentsOf(path)
  const firstGlob = segments.findIndex((segment) => globCharacters.test(segment))
  if (alias !== undefined && (firstGlob !== -1 || globCharacters.test(alias))) {
    throw invalid(text, 'NAME=PATH takes whole folders, not globs')
  }
  const literal = firstGlob === -1 ? segments : segments.slice(0, firstGlob)
  const pattern = firstGlob === -1 ? ['**'] : segments.slice(firstGlob)
  const root = `/${literal.join('/')}`
  const allows = compile(text, pattern)
  return {
    text,
    mode,
    root,
    allows,
    ...(alias === undefined ? {} : { alias: `/${segmentsOf(alias).join('/')}` }),
  }
}

/** What is left of the first `=/` is the name that jobs use. */
function splitAlias(named: string): { readonly alias: string | undefined; readonly path: string } {
  const at = named.indexOf('=/')
  return at === -1
    ? { alias: undefined, path: named }
    : { alias: named.slice(0, at), path: named.slice(at + 1) }
}

function splitSuffix(text: string): { readonly path: string; readonly mode: AccessMode } {
  const colon = text.lastIndexOf(':')
  if (colon === -1 || text.indexOf('/', colon) !== -1) return { path: text, mode: 'ro' }
  const suffix = text.slice(colon + 1)
  if (suffix !== 'ro' && suffix !== 'rw') {
    throw invalid(text, `it ends in :${suffix}, which is neither :ro nor :rw`)
  }
  return { path: text.slice(0, colon), mode: suffix }
}

function complaintAbout(path: string): string | undefined {
  if (path === '') return 'it is empty'
  if (controlCharacters.test(path)) return 'it has a control character'
  if (!path.startsWith('/')) return 'it is not absolute'
  if (path.length > 4096) return 'it is longer than 4096 characters'
  if (segmentsOf(path).includes('..')) return 'it has a .. in it'
  return undefined
}

function compile(text: string, pattern: readonly string[]): (below: string) => boolean {
  const names = pattern.map((segment) => (segment === '**' ? '**' : nameMatcher(text, segment)))
  return (below) => matchNames(names, below === '' ? [] : below.split('/'))
}

type NamePattern = '**' | ((name: string) => boolean)

/** Name by name, so that nothing but `**` can cross a `/`; a `**` stands for no name, one or many. */
function matchNames(pattern: readonly NamePattern[], names: readonly string[]): boolean {
  // reached[i]: the first i patterns can stand for all names read so far.
  let reached = skipGlobstars(pattern, [true])
  for (const name of names) {
    const next: boolean[] = []
    for (const [index, part] of pattern.entries()) {
      if (reached[index] !== true) continue
      if (part === '**') next[index] = true
      else if (part(name)) next[index + 1] = true
    }
    reached = skipGlobstars(pattern, next)
  }
  return reached[pattern.length] === true
}

function skipGlobstars(pattern: readonly NamePattern[], reached: boolean[]): boolean[] {
  for (const [index, part] of pattern.entries()) {
    if (reached[index] === true && part === '**') reached[index + 1] = true
  }
  return reached
}

function nameMatcher(text: string, segment: string): (name: string) => boolean {
  const unescaped = segment.replaceAll(/\\./g, '')
  for (const [open, close] of ['[]', '{}'].map((pair) => pair.split(''))) {
    const isBalanced = unescaped.split(open ?? '').length === unescaped.split(close ?? '').length
    if (!isBalanced)
      throw invalid(
        text,
        `${JSON.stringify(segment)} has ${open ?? ''} without ${close ?? ''}, or the other way round`,
      )
  }
  // Parentheses are the one thing that picomatch gives a meaning and a shell glob does not.
  const glob = segment.replaceAll(/(?<!\\)[()]/g, String.raw`\$&`)
  try {
    return picomatch(glob, { dot: true, nonegate: true, noextglob: true, posix: true })
  } catch (error) {
    throw invalid(text, error instanceof Error ? error.message : String(error), error)
  }
}

function invalid(text: string, complaint: string, cause?: unknown): EdgeError {
  return new EdgeError('config_invalid', `allow-list entry ${JSON.stringify(text)}: ${complaint}`, {
    hint: 'Write an absolute path or glob with :ro or :rw, such as /videos, /video_dir/**:ro or /data/*:rw.',
    details: { setting: 'allow-listed-local-paths', entry: text },
    ...(cause === undefined ? {} : { cause }),
  })
}
