import { isNodeExecutionOver } from '../../domain/index.ts'
import { assertNever } from '../../utils/assert-never.ts'
import { makeFolder, removeTree } from '../folder/execution-folder.ts'
import { WorkLog } from '../folder/work-log.ts'
import { jitteredPauseMs } from '../backoff.ts'
import { conclude } from './conclude.ts'
import { publishResult } from './publish-result.ts'
import { logLimitBytes } from './run.ts'
import type { Run, WorkRun } from './run.ts'
import { stopCause } from './stopped.ts'
import { work } from './work.ts'
import type { Ended } from './work.ts'

/**
 * Takes an execution from the state it is in as far as this node can: to Publishing with its result on offer, or to an
 * end. Resolves then, and when stopped. Rejects when something is wrong with the node itself (its disk, its store):
 * called again it goes on from what is durable.
 */
export async function live(run: Run): Promise<void> {
  try {
    const record = await run.parts.records.find(run.id)
    if (record !== undefined && record.state !== 'Publishing' && !isNodeExecutionOver(record.state))
      await workThrough(run)
    run.onWorked()
    const worked = await run.parts.records.find(run.id)
    if (worked?.state === 'Publishing') await publishResult(run, worked)
  } catch (error) {
    const cause = stopCause(run.signal)
    if (cause === undefined) throw error
    switch (cause.kind) {
      case 'cancel':
        await run.parts.records.update(run.id, (record) =>
          record === undefined || record.state === 'Publishing' || isNodeExecutionOver(record.state)
            ? undefined
            : { to: 'Cancelled', set: { reason: cause.reason }, report: true },
        )
        return
      case 'shutdown':
        return
      case 'timeout':
        throw error
      default:
        assertNever(cause)
    }
  }
}

async function workThrough(run: Run): Promise<void> {
  const { parts, id, folder, notes } = run
  const cancelled = await notes.cancel()
  if (cancelled !== undefined) {
    // Accepted before a crash: nothing of the work is left but its files.
    await parts.records.update(id, (record) =>
      record === undefined || isNodeExecutionOver(record.state)
        ? undefined
        : { to: 'Cancelled', set: { reason: cancelled }, report: true },
    )
    return
  }
  await makeFolder(folder)
  const news = parts.logNews.of(id)
  const workLog = await WorkLog.open({
    folder,
    limitBytes: logLimitBytes,
    now: () => parts.clock.wallMs(),
    onFlushed: () => {
      news.wake()
    },
    onFailed: (error) => {
      run.log.warn({ err: error }, 'the output of the work cannot be kept')
    },
  })
  try {
    const ended = await work({ ...run, workLog })
    if (ended !== undefined) await concludeUntilDone({ ...run, workLog }, ended)
  } finally {
    await workLog.close()
    news.wake()
  }
  await removeTree(folder.scratch)
}

/** The work has ended, whatever the disk says: a full one makes it wait, not run again. */
async function concludeUntilDone(run: WorkRun, ended: Ended): Promise<void> {
  const { timings, clock, random } = run.parts
  for (let attempt = 0; ; attempt++) {
    try {
      await conclude(run, ended)
      return
    } catch (error) {
      run.signal.throwIfAborted()
      run.log.error({ err: error }, 'the end of the work cannot be made durable; it is tried again')
      const limits = { minMs: timings.publishRetryMinMs, maxMs: timings.publishRetryMaxMs }
      await clock.sleep(jitteredPauseMs(attempt, limits, random), { signal: run.signal })
    }
  }
}
