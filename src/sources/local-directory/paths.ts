import { lstat, readlink } from 'node:fs/promises'

/** Where a path really leads: absolute, without links, `.` or `..`. What does not exist is kept as it is named. */
export interface CanonicalPath {
  readonly path: string
  readonly exists: boolean
}

/** As many links as Linux follows in one look-up (path_resolution(7)). */
const maxLinks = 40

/** True for `parent` itself and everything below it; both canonical. */
export function isInside(path: string, parent: string): boolean {
  return path === parent || path.startsWith(parent === '/' ? '/' : `${parent}/`)
}

/** An absolute path as its names, without empty ones and `.`. */
export function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.')
}

/**
 * As realpath(3), but it also follows links whose target does not exist, so that a dangling link out of a folder is
 * seen as leading out. Rejects with the system’s error (ELOOP, EACCES, ENAMETOOLONG, ...) for what cannot be followed.
 */
export async function canonicalPath(path: string): Promise<CanonicalPath> {
  const pending = segmentsOf(path).reverse()
  let current = '/'
  let exists = true
  let links = 0
  for (;;) {
    const segment = pending.pop()
    if (segment === undefined) return { path: current, exists }
    if (segment === '..') {
      current = current.slice(0, Math.max(1, current.lastIndexOf('/')))
      continue
    }
    const next = current === '/' ? `/${segment}` : `${current}/${segment}`
    const target = exists ? await linkTarget(next) : 'missing'
    if (target === 'missing') exists = false
    if (typeof target !== 'object') {
      current = next
      continue
    }
    if (++links > maxLinks) throw Object.assign(new Error(`too many links in ${path}`), { code: 'ELOOP' })
    if (target.link.startsWith('/')) current = '/'
    pending.push(...segmentsOf(target.link).reverse())
  }
}

async function linkTarget(path: string): Promise<{ readonly link: string } | 'missing' | 'plain'> {
  try {
    const found = await lstat(path)
    return found.isSymbolicLink() ? { link: await readlink(path) } : 'plain'
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return 'missing'
    throw error
  }
}

/** True for an error of the operating system with one of these codes (any, when none is named). */
export function isSystemError(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false
  return codes.length === 0 || codes.includes(error.code)
}
