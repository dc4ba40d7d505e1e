import { resultFolders } from '../domain/index.ts'
import type { ResultView } from '../domain/index.ts'

/** Where a result goes, below the folder of the job. */
export interface PlacedResult {
  readonly result: ResultView
  readonly folder: string
}

/** Gives every result its folder: `<node-name>-<cid8>`, or with `raw` `raw/<CID>`. */
export function placeResults(results: readonly ResultView[], isRaw: boolean): readonly PlacedResult[] {
  const folders = resultFolders(results.map(({ nodeName, summary: { cid } }) => ({ nodeName, cid })))
  return results.map((result, index) => ({
    result,
    folder: isRaw ? `raw/${result.summary.cid}` : (folders[index] ?? result.summary.cid),
  }))
}
