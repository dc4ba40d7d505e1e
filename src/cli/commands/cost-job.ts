import type { EdgeClient } from '../../client/index.ts'
import type { JobVolumes } from '../../cost/index.ts'
import { EdgeError, isJobOver, type HistoryEntry, type JobView } from '../../domain/index.ts'

/** What the published results of a job scanned and published, and how long nodes worked on it. */
export interface JobTotals {
  readonly job: JobView
  readonly results: number
  readonly isOver: boolean
  readonly volumes: Omit<JobVolumes, 'months'>
}

/** Adds up a job by its results and its history. Throws `no_results` when nothing was published or no footage scanned. */
export async function jobTotals(
  client: EdgeClient,
  id: string,
  { signal }: { signal: AbortSignal },
): Promise<JobTotals> {
  const job = await client.job(id, { signal })
  const results = await client.results(job.id, { signal })
  const short = job.id.slice(0, 8)
  if (results.length === 0)
    throw new EdgeError(
      'no_results',
      `job ${short} (${job.state}) has published nothing that could be priced`,
    )
  const total = (count: (summary: (typeof results)[number]['summary']) => number): bigint =>
    results.reduce((sum, { summary }) => sum + BigInt(Math.round(count(summary))), 0n)
  const scannedBytes = total((summary) => summary.scannedBytes)
  if (scannedBytes === 0n)
    throw new EdgeError('no_results', `job ${short} scanned no footage, so there is nothing to price`)
  const executions = new Set(results.map(({ executionId }) => executionId))
  const history = await client.history(job.id, {}, { signal })
  return {
    job,
    results: results.length,
    isOver: isJobOver(job.state),
    volumes: {
      scannedBytes,
      scannedMs: total((summary) => summary.scannedSeconds * 1000),
      publishedBytes: total((summary) => summary.bytes),
      nodeMs: workedMs(
        history.filter(({ executionId }) => executionId !== undefined && executions.has(executionId)),
      ),
    },
  }
}

/** From `Running` to the state after it, by the requester’s clock, of all executions together. */
function workedMs(history: readonly HistoryEntry[]): bigint {
  const since = new Map<string, number>()
  let ms = 0
  for (const { executionId = '', to, atMs } of history) {
    const began = since.get(executionId)
    if (began !== undefined) ms += Math.max(0, atMs - began)
    since.delete(executionId)
    if (to === 'Running') since.set(executionId, atMs)
  }
  return BigInt(ms)
}
