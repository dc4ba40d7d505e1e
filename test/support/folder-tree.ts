import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Writes files (path -> content) below a directory; a path that ends in a slash is an empty folder. Returns the directory. */
export async function writeTree(
  directory: string,
  tree: Readonly<Record<string, string | Uint8Array>>,
): Promise<string> {
  await mkdir(directory, { recursive: true })
  for (const [path, content] of Object.entries(tree)) {
    const full = join(directory, path)
    await mkdir(path.endsWith('/') ? full : dirname(full), { recursive: true })
    if (!path.endsWith('/')) await writeFile(full, content)
  }
  return directory
}

/** The tree of `writeTree` as it is on disk, with SHA-256 in place of content; what is no file or folder shows as `!`. */
export async function readTree(directory: string): Promise<Record<string, string>> {
  const tree: Record<string, string> = {}
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    const full = join(entry.parentPath, entry.name)
    const path = full.slice(directory.length + 1)
    if (entry.isDirectory()) tree[`${path}/`] = ''
    else
      tree[path] = entry.isFile()
        ? createHash('sha256')
            .update(await readFile(full))
            .digest('hex')
        : '!'
  }
  return tree
}

/** Bytes that look random and are the same in every run. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = (seed * 2_654_435_761) >>> 0 || 1
  for (let i = 0; i < length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = state & 0xff
  }
  return bytes
}
