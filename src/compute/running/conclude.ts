import { isNodeExecutionOver } from '../../domain/index.ts'
import type { RecordChange } from '../durable/execution-records.ts'
import { sealResult } from '../folder/execution-folder.ts'
import { takeOutUnpublishable } from '../folder/take-out.ts'
import type { WorkRun } from './run.ts'
import type { Ended } from './work.ts'

/**
 * Makes the end of the work durable: result files first, then the one commit that says it has ended. A cancel that was
 * accepted before that commit wins over it.
 */
export async function conclude(run: WorkRun, ended: Ended): Promise<void> {
  const { outcome, exitCode, scanned, isPublished } = ended
  await seal(run, ended)
  await run.notes.putScanned(scanned)
  const set = { outcome, ...(exitCode === undefined ? {} : { exitCode }) }
  await run.parts.records.update(run.id, async (record): Promise<RecordChange | undefined> => {
    if (record === undefined || isNodeExecutionOver(record.state)) return undefined
    const cancelled = await run.notes.cancel()
    if (cancelled !== undefined) return { to: 'Cancelled', set: { reason: cancelled }, report: true }
    // The report of Publishing waits until it can name the result.
    if (isPublished) return { to: 'Publishing', set, report: false }
    return { to: 'Failed', set: { ...set, ...(outcome.reason && { reason: outcome.reason }) }, report: true }
  })
}

/** Lines about single files; more would be a log of its own. */
const maxNamed = 100

/** What no result can hold does not stay in it; what was taken out is named in stderr. */
async function seal({ folder, workLog }: WorkRun, { exitCode }: Ended): Promise<void> {
  const taken = await takeOutUnpublishable(folder.result, folder.scratch)
  const say = (text: string): void => {
    workLog.write({ stream: 'stderr', text: `edge: ${text}` })
  }
  for (const { path, why } of taken.slice(0, maxNamed))
    say(`${JSON.stringify(path.slice(0, 1000))} ${why} and is not published`)
  if (taken.length > maxNamed) say(`${taken.length - maxNamed} more files and folders are not published`)
  await workLog.close()
  await sealResult(folder, exitCode)
}
