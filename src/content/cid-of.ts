import { realpath } from 'node:fs/promises'
import type { Abortable } from '../ports/index.ts'
import { pathError } from './regular-file.ts'
import { importTree } from './import-tree.ts'
import { noLimits } from './limits.ts'

/**
 * The root CIDv1 of a file or folder, as `ipfs add -r -H --cid-version=1` prints it (256 KiB raw leaves, 174 links a
 * node); for a folder its own, last line. `hidden: false` leaves out names with a leading dot, as without `-H`.
 * A symlink given as `path` is followed, one inside a folder is refused (`result_refused`). Throws `path_missing`.
 */
export async function cidOf(
  path: string,
  { hidden = true, signal }: Abortable & { readonly hidden?: boolean } = {},
): Promise<string> {
  const real = await realpath(path).catch((error: unknown) => {
    throw pathError(error, path)
  })
  const sink = { leaf: () => undefined, node: () => undefined }
  const options = { limits: noLimits, hidden, portableNames: false, sync: false, signal }
  return (await importTree(real, sink, options)).cid.toString()
}
