import type { AccessMode, AllowList, AllowListEntry } from './allow-list.ts'
import { controlCharacters } from './allow-list.ts'
import type { CanonicalPath } from './paths.ts'
import { canonicalPath, isInside, isSystemError, segmentsOf } from './paths.ts'

/** What the owner’s allow-list says of a path. `why` is for the owner: it may tell what exists, so it stays on the node. */
export type PathVerdict =
  | {
      readonly isAllowed: true
      readonly canonical: string
      readonly exists: boolean
      readonly mode: AccessMode
      readonly entry: AllowListEntry
    }
  | { readonly isAllowed: false; readonly why: string }

export interface PathGuardInit {
  readonly allowList: AllowList
  /** Absolute paths that no entry can open, nor a folder that holds them. */
  readonly denied: readonly string[]
}

/** Decides on paths by where they really lead; every question is answered from the file system as it is now. */
export class PathGuard {
  readonly #allowList: AllowList
  readonly #denied: readonly string[]

  constructor({ allowList, denied }: PathGuardInit) {
    this.#allowList = allowList
    this.#denied = denied
  }

  /** The verdict on a path as a job names it. */
  async judge(asked: string): Promise<PathVerdict> {
    const complaint = complaintAbout(asked)
    if (complaint !== undefined) return { isAllowed: false, why: complaint }
    const found = await canonicalOrWhy(this.#unaliased(asked))
    return typeof found === 'string' ? { isAllowed: false, why: found } : this.#judgeCanonical(asked, found)
  }

  /** A path by the owner’s own name for it; the longest alias decides. */
  #unaliased(asked: string): string {
    const path = `/${segmentsOf(asked).join('/')}`
    const [entry] = this.#allowList
      .filter(({ alias }) => alias !== undefined && isInside(path, alias))
      .sort((a, b) => (b.alias ?? '').length - (a.alias ?? '').length)
    return entry?.alias === undefined
      ? asked
      : `${entry.root}${path.slice(entry.alias === '/' ? 0 : entry.alias.length)}`
  }

  /** Whether any entry admits this canonical path, so that a link may lead there. */
  async admits(canonical: string): Promise<boolean> {
    return (await this.#judgeCanonical(canonical, { path: canonical, exists: true })).isAllowed
  }

  /** True when a canonical path is, holds, or lies in what no entry can open. */
  async isDenied(canonical: string): Promise<boolean> {
    return (await this.#denial(canonical)) !== undefined
  }

  async #judgeCanonical(asked: string, { path, exists }: CanonicalPath): Promise<PathVerdict> {
    const leads = path === asked ? path : `${asked} leads to ${path}, which`
    const denied = await this.#denial(path)
    if (denied !== undefined)
      return { isAllowed: false, why: `${leads} is closed to every job because of ${denied}` }
    const entries = await this.#entriesFor(path)
    const entry = entries.find(({ mode }) => mode === 'rw') ?? entries[0]
    if (entry === undefined) return { isAllowed: false, why: `${leads} no entry of the allow-list matches` }
    return { isAllowed: true, canonical: path, exists, mode: entry.mode, entry }
  }

  async #entriesFor(canonical: string): Promise<readonly AllowListEntry[]> {
    const matches = await Promise.all(
      this.#allowList.map(async (entry) => {
        const root = await canonicalOrWhy(entry.root)
        if (typeof root === 'string' || !isInside(canonical, root.path)) return false
        return entry.allows(canonical.slice(root.path === '/' ? 1 : root.path.length + 1))
      }),
    )
    return this.#allowList.filter((_, index) => matches[index])
  }

  async #denial(canonical: string): Promise<string | undefined> {
    for (const path of this.#denied) {
      const denied = await canonicalOrWhy(path)
      // What cannot be followed is compared as it is named: a refusal too many is safe.
      const real = typeof denied === 'string' ? path : denied.path
      if (isInside(canonical, real) || isInside(real, canonical)) return path
    }
    return undefined
  }
}

function complaintAbout(asked: string): string | undefined {
  if (!asked.startsWith('/')) return `${JSON.stringify(asked)} is not absolute`
  if (controlCharacters.test(asked)) return `${JSON.stringify(asked)} has a control character`
  if (asked.length > 4096) return 'the path is longer than 4096 characters'
  if (segmentsOf(asked).includes('..')) return `${asked} has a .. in it`
  return undefined
}

async function canonicalOrWhy(path: string): Promise<CanonicalPath | string> {
  try {
    return await canonicalPath(path)
  } catch (error) {
    if (isSystemError(error)) return `${path} cannot be followed (${error.code ?? 'unknown error'})`
    throw error
  }
}
