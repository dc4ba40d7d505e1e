import type { Dirent } from 'node:fs'
import { lstat, opendir, stat } from 'node:fs/promises'
import type { Abortable } from '../../ports/index.ts'
import { canonicalPath, isSystemError } from './paths.ts'

export interface WalkLimits {
  /** Files, folders, links and everything else that is met. */
  readonly entries: number
  /** Folders below each other. */
  readonly depth: number
}

export type Walked =
  | { readonly kind: 'counted'; readonly files: number; readonly bytes: number }
  | { readonly kind: 'linkLeaves' | 'unreadable'; readonly path: string }
  | { readonly kind: 'tooMany' | 'tooDeep' }

type Issue = Exclude<Walked, { kind: 'counted' }>

export interface WalkRequest extends Abortable {
  /** Canonical. */
  readonly directory: string
  /** Whether a link may lead to this canonical path. */
  readonly mayLeadTo: (canonical: string) => Promise<boolean>
  readonly limits: WalkLimits
}

/** Names looked at side by side; bounds memory and open requests in a folder of 10^5 names. */
const batchSize = 64

/**
 * Counts the regular files of a tree and their bytes, each once however many links lead to it, in bounded memory.
 * Devices, sockets and pipes are not counted; what vanishes meanwhile is left out.
 */
export async function walkTree(request: WalkRequest): Promise<Walked> {
  const walk = new Walk(request)
  return (await walk.run()) ?? { kind: 'counted', files: walk.files, bytes: walk.bytes }
}

class Walk {
  readonly #request: WalkRequest
  readonly #seen = new Set<string>()
  readonly #folders: { readonly path: string; readonly depth: number }[]
  #entries = 0
  files = 0
  bytes = 0

  constructor(request: WalkRequest) {
    this.#request = request
    this.#folders = [{ path: request.directory, depth: 0 }]
    this.#seen.add(request.directory)
  }

  async run(): Promise<Issue | undefined> {
    for (;;) {
      const folder = this.#folders.pop()
      if (folder === undefined) return undefined
      const issue = await this.#folder(folder.path, folder.depth)
      if (issue !== undefined) return issue
    }
  }

  async #folder(path: string, depth: number): Promise<Issue | undefined> {
    if (depth > this.#request.limits.depth) return { kind: 'tooDeep' }
    try {
      let batch: Dirent[] = []
      for await (const entry of await opendir(path)) {
        if (++this.#entries > this.#request.limits.entries) return { kind: 'tooMany' }
        batch.push(entry)
        if (batch.length < batchSize) continue
        const issue = await this.#batch(path, batch, depth)
        if (issue !== undefined) return issue
        batch = []
      }
      return await this.#batch(path, batch, depth)
    } catch (error) {
      if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined
      if (isSystemError(error, 'EACCES', 'EPERM')) return { kind: 'unreadable', path }
      throw error
    }
  }

  async #batch(folder: string, batch: readonly Dirent[], depth: number): Promise<Issue | undefined> {
    this.#request.signal?.throwIfAborted()
    const prefix = folder === '/' ? '/' : `${folder}/`
    const issues = await Promise.all(batch.map((entry) => this.#entry(prefix + entry.name, depth)))
    return issues.find((issue) => issue !== undefined)
  }

  async #entry(path: string, depth: number): Promise<Issue | undefined> {
    try {
      const found = await lstat(path)
      if (!found.isSymbolicLink()) {
        this.#count(path, found, depth)
        return undefined
      }
      const target = await canonicalPath(path)
      if (!(await this.#request.mayLeadTo(target.path))) return { kind: 'linkLeaves', path }
      if (target.exists) this.#count(target.path, await stat(target.path), depth)
      return undefined
    } catch (error) {
      if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined
      if (isSystemError(error, 'ELOOP', 'ENAMETOOLONG')) return { kind: 'linkLeaves', path }
      if (isSystemError(error, 'EACCES', 'EPERM')) return { kind: 'unreadable', path }
      throw error
    }
  }

  #count(
    canonical: string,
    found: { isDirectory(): boolean; isFile(): boolean; size: number },
    depth: number,
  ): void {
    if (this.#seen.has(canonical)) return
    if (found.isDirectory()) this.#folders.push({ path: canonical, depth: depth + 1 })
    else if (!found.isFile()) return
    else {
      this.files++
      this.bytes += found.size
    }
    this.#seen.add(canonical)
  }
}
