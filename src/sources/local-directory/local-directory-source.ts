import { access, constants, stat } from 'node:fs/promises'
import type { ErrorCode, InputSourceSpec, ReasonCode } from '../../domain/index.ts'
import { EdgeError } from '../../domain/index.ts'
import type { Abortable, InputSource, Inspection, PreparedInput } from '../../ports/index.ts'
import type { AccessMode } from './allow-list.ts'
import type { PathGuardInit } from './path-guard.ts'
import { PathGuard } from './path-guard.ts'
import { isInside, isSystemError } from './paths.ts'
import type { WalkLimits } from './walk.ts'
import { walkTree } from './walk.ts'

export interface LocalDirectorySourceInit extends PathGuardInit {
  /** Default: 10^5 entries, 64 folders below each other. */
  readonly limits?: WalkLimits
}

/** The allow-list’s answer for the owner of the node (`edge paths check`); not for others, it tells what exists. */
export interface PathExplanation {
  readonly asked: string
  readonly access: 'none' | AccessMode
  /** Where the path really leads, when it is allowed. */
  readonly canonical?: string
  /** The allow-list entry that decided. */
  readonly entry?: string
  readonly message: string
}

/** Local files and folders, as far as the owner’s allow-list goes. */
export interface LocalDirectorySource extends InputSource {
  explainPath(path: string): Promise<PathExplanation>
}

/** What no job is ever given, whatever the allow-list says; `denied` adds to it. */
export const systemPaths = ['/proc', '/sys', '/dev', '/run'] as const

const defaultLimits: WalkLimits = { entries: 100_000, depth: 64 }

/**
 * The input source `localDirectory`: a file or folder on this machine. The path is followed to where it really leads
 * before it is matched, and so are the roots of the allow-list; `..`, control characters, links that leave and special
 * files are refused. A tree with a link that leads out of what is allowed is refused as a whole, so that no engine can
 * be led there. A refusal is worded the same whether or not the path exists.
 */
export function createLocalDirectorySource(init: LocalDirectorySourceInit): LocalDirectorySource {
  const guard = new PathGuard({ allowList: init.allowList, denied: [...systemPaths, ...init.denied] })
  const limits = init.limits ?? defaultLimits
  return {
    type: 'localDirectory',
    async inspect(source, { signal } = {}): Promise<Inspection> {
      const found = await examine(guard, limits, { source: folderOf(source), signal })
      if ('refusal' in found) return { ok: false, reason: { code: found.refusal, message: found.message } }
      return { ok: true, files: found.files, bytes: found.bytes }
    },
    async prepare({ source: asked, target }, { signal } = {}): Promise<PreparedInput> {
      const source = folderOf(asked)
      const found = await examine(guard, limits, { source, signal })
      if ('refusal' in found) throw new EdgeError(errorCodeOf(found.refusal), found.message)
      return { hostPath: found.hostPath, target, readOnly: !source.readWrite }
    },
    explainPath: (path) => explain(guard, path),
  }
}

type LocalFolder = Extract<InputSourceSpec, { type: 'localDirectory' }>

function folderOf(source: InputSourceSpec): LocalFolder {
  if (source.type === 'localDirectory') return source
  throw new EdgeError('internal', `the localDirectory source was given a ${source.type} input`)
}

type Refusal = Extract<ReasonCode, 'path_not_allowed' | 'path_missing' | 'input_empty' | 'limit_exceeded'>
type Examined =
  | { readonly refusal: Refusal; readonly message: string }
  | { readonly hostPath: string; readonly files: number; readonly bytes: number }

function errorCodeOf(refusal: Refusal): ErrorCode {
  return refusal === 'limit_exceeded' ? 'payload_too_large' : refusal
}

const no = (refusal: Refusal, message: string): Examined => ({ refusal, message })

async function examine(
  guard: PathGuard,
  limits: WalkLimits,
  { source, signal }: Abortable & { readonly source: LocalFolder },
): Promise<Examined> {
  const asked = shown(source.path)
  const verdict = await guard.judge(source.path)
  if (!verdict.isAllowed) {
    return no(
      'path_not_allowed',
      `${asked} is not allow-listed on this node; its owner can add it with --allow-listed-local-paths`,
    )
  }
  if (source.readWrite && verdict.mode === 'ro') {
    return no(
      'path_not_allowed',
      `${asked} is allow-listed read-only on this node, but readWrite is asked for; its owner can allow-list it with :rw`,
    )
  }
  if (!verdict.exists) return no('path_missing', `${asked} does not exist on this node`)
  const { canonical } = verdict
  const mayLeadTo = async (target: string): Promise<boolean> =>
    !(await guard.isDenied(target)) && (isInside(target, canonical) || (await guard.admits(target)))
  return count(asked, canonical, { limits, mayLeadTo, signal })
}

async function count(
  asked: string,
  canonical: string,
  options: Abortable & { limits: WalkLimits; mayLeadTo: (target: string) => Promise<boolean> },
): Promise<Examined> {
  const unreadable = no(
    'path_not_allowed',
    `${asked} cannot be read by edge on this node; check its owner and mode`,
  )
  let bytes: number
  try {
    const found = await stat(canonical)
    if (!found.isFile() && !found.isDirectory()) {
      return no('path_not_allowed', `${asked} is neither a file nor a folder (a device, pipe or socket)`)
    }
    await access(canonical, constants.R_OK)
    bytes = found.size
    if (found.isFile()) return { hostPath: canonical, files: 1, bytes }
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR'))
      return no('path_missing', `${asked} does not exist on this node`)
    if (isSystemError(error, 'EACCES', 'EPERM')) return unreadable
    throw error
  }
  const walked = await walkTree({ directory: canonical, ...options })
  switch (walked.kind) {
    case 'counted':
      if (walked.files === 0) return no('input_empty', `${asked} holds no file`)
      return { hostPath: canonical, files: walked.files, bytes: walked.bytes }
    case 'unreadable':
      return unreadable
    case 'linkLeaves':
      return no(
        'path_not_allowed',
        `${asked} holds a link that leads out of what is allow-listed (${shown(walked.path)}); remove the link`,
      )
    case 'tooMany':
      return no(
        'limit_exceeded',
        `${asked} holds more than ${options.limits.entries} files and folders; name a smaller folder`,
      )
    case 'tooDeep':
      return no(
        'limit_exceeded',
        `${asked} has folders more than ${options.limits.depth} deep; name a smaller folder`,
      )
  }
}

async function explain(guard: PathGuard, asked: string): Promise<PathExplanation> {
  const verdict = await guard.judge(asked)
  if (!verdict.isAllowed) return { asked, access: 'none', message: verdict.why }
  const { canonical, entry, mode, exists } = verdict
  const where = canonical === asked ? asked : `${asked} leads to ${canonical}, which`
  const missing = exists ? '' : '; it does not exist'
  return {
    asked,
    access: mode,
    canonical,
    entry: entry.text,
    message: `${where} is allowed (${mode}) by ${entry.text}${missing}`,
  }
}

/** A path for a message: printable and short. */
function shown(path: string): string {
  const printable = /^[^\p{C}]*$/u.test(path) ? path : JSON.stringify(path)
  return printable.length <= 300 ? printable : `${printable.slice(0, 300)}…`
}
