import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { errnoOf } from '../utils/errno.ts'
import { replaceFile } from '../utils/whole-file.ts'

export type ApiAccess = { readonly mode: 'open' } | { readonly mode: 'token'; readonly tokenHash: string }

/**
 * Who may use the API: on loopback everybody on this machine; on any other address only who has the token. The token is
 * made at the first such start and returned once; kept is its SHA-256 (hex) alone, in `<data-dir>/api-token.sha256`.
 */
export async function apiAccess(
  dataDir: string,
  host: string,
): Promise<{ access: ApiAccess; newToken?: string }> {
  if (isLoopback(host)) return { access: { mode: 'open' } }
  const path = hashFile(dataDir)
  const known = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (known !== undefined) return { access: { mode: 'token', tokenHash: known.trim() } }
  const newToken = randomBytes(24).toString('base64url')
  const tokenHash = sha256Hex(newToken)
  await writeFile(path, `${tokenHash}\n`, { mode: 0o600, flag: 'wx' })
  return { access: { mode: 'token', tokenHash }, newToken }
}

/** Another token in place of the one before, for the next start of the node there; only its hash is kept. */
export async function newApiToken(dataDir: string): Promise<string> {
  const token = randomBytes(24).toString('base64url')
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await replaceFile(hashFile(dataDir), `${sha256Hex(token)}\n`, { mode: 0o600 })
  return token
}

function hashFile(dataDir: string): string {
  return join(dataDir, 'api-token.sha256')
}

export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1' || host === '[::1]') return true
  return isIP(host) === 4 && host.startsWith('127.')
}
