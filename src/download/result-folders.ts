import type { ResultView } from '../domain/index.ts'

/** Where a result goes, below the folder of the job. */
export interface PlacedResult {
  readonly result: ResultView
  readonly folder: string
}

/**
 * Gives every result its folder: `<node-name>-<cid8>`, or with `raw` `raw/<CID>`. The last eight characters of a CID
 * tell results apart, the first are the same for all. Only equal content ever shares a folder.
 */
export function placeResults(results: readonly ResultView[], isRaw: boolean): readonly PlacedResult[] {
  const taken = new Map<string, string>()
  return results.map((result) => {
    const { cid } = result.summary
    if (isRaw) return { result, folder: `raw/${cid}` }
    const name = fileNameOf(result.nodeName)
    const short = `${name}-${cid.slice(-8)}`
    const key = short.toLowerCase()
    const folder = (taken.get(key) ?? cid) === cid ? short : `${name}-${cid}`
    taken.set(key, taken.get(key) ?? cid)
    return { result, folder }
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
