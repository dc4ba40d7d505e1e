/**
 * Folders for results that lie side by side: `<node-name>-<cid8>`. The last eight characters of a CID tell results apart,
 * the first are the same for all. Only equal content ever shares a folder.
 */
export function resultFolders(
  results: readonly { readonly nodeName: string; readonly cid: string }[],
): readonly string[] {
  const taken = new Map<string, string>()
  return results.map(({ nodeName, cid }) => {
    const name = fileNameOf(nodeName)
    const short = `${name}-${cid.slice(-8)}`
    const key = short.toLowerCase()
    const folder = (taken.get(key) ?? cid) === cid ? short : `${name}-${cid}`
    taken.set(key, taken.get(key) ?? cid)
    return folder
  })
}

/** A node’s name as part of a file name on any system: letters, digits, `.`, `_`, `-`, not hidden; below 200 bytes. */
export function fileNameOf(nodeName: string): string {
  const safe = nodeName
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{N}\p{M}._-]+/gu, '_')
    .replace(/^[._-]+/, '')
  return safe === '' ? 'node' : Array.from(safe).slice(0, 48).join('')
}
