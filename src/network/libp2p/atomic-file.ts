import { randomUUID } from 'node:crypto'
import { link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Replaces a file (mode 0600) whole or not at all; on the disk when this resolves. */
export async function replaceFile(path: string, bytes: Uint8Array | string): Promise<void> {
  await withTemporary(path, bytes, (temporary) => rename(temporary, path))
}

/** Creates a file (mode 0600) whole or not at all; rejects with EEXIST when it is there already. */
export async function createFile(path: string, bytes: Uint8Array | string): Promise<void> {
  await withTemporary(path, bytes, (temporary) => link(temporary, path))
}

async function withTemporary(
  path: string,
  bytes: Uint8Array | string,
  put: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await put(temporary)
    const directory = await open(dirname(path))
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  } finally {
    await rm(temporary, { force: true })
  }
}

/** The `code` of a system error. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
