import { isEdgeError, isNodeExecutionOver, specAt } from '../../domain/index.ts'
import type { Device, NodeExecutionRecord, Outcome, Reason } from '../../domain/index.ts'
import type { EngineOutcome, PreparedInput } from '../../ports/index.ts'
import { engineCheckpoint, nothingScanned } from '../durable/notes.ts'
import type { Scanned } from '../durable/notes.ts'
import { ofType } from '../of-type.ts'
import { placeOf } from '../place.ts'
import { engineReason, preparingReason, reason } from '../reasons.ts'
import { prepareInputs } from './prepare-inputs.ts'
import { maxCrashes } from './run.ts'
import type { Run, WorkRun } from './run.ts'
import { measureRunningTime } from './running-time.ts'
import { stopCause } from './stopped.ts'

/** How the work ended; `isPublished` is false when there is nothing to publish. */
export interface Ended {
  readonly outcome: Outcome
  readonly exitCode?: number
  readonly scanned: Scanned
  readonly isPublished: boolean
}

/**
 * Prepares the inputs and runs the engine, again after a crash until it is poison. Resolves with how it ended, or with
 * undefined when the execution is over already; rejects with the signal’s reason when stopped.
 */
export async function work(run: WorkRun): Promise<Ended | undefined> {
  for (;;) {
    run.signal.throwIfAborted()
    const begun = await begin(run)
    if (begun === undefined || isNodeExecutionOver(begun.record.state)) return undefined
    const { record } = begun
    if (begun.isPoison)
      return failed(reason('poison', `the work crashed ${maxCrashes} times in a row on this node`), true)
    try {
      return await attempt(run, record)
    } catch (error) {
      if (run.signal.aborted) {
        if (stopCause(run.signal)?.kind === 'shutdown') await takeBackStart(run)
        throw run.signal.reason
      }
      if (!isEdgeError(error, 'engine_crashed')) {
        run.log.warn({ err: error }, 'the engine failed')
        run.workLog.write({
          stream: 'stderr',
          text: `edge: ${error instanceof Error ? error.message : String(error)}`,
        })
        return failed(engineReason(error), true)
      }
      run.log.warn({ err: error, starts: record.starts }, 'the work crashed')
      run.workLog.write({ stream: 'stderr', text: `edge: ${error.message} (start ${record.starts})` })
      await run.parts.clock.sleep(run.parts.timings.crashPauseMs * 2 ** (record.starts - 1), {
        signal: run.signal,
      })
    }
  }
}

/** Counts the start on disk before anything is done, so that work which takes the node down with it is counted too. */
async function begin({
  parts,
  id,
}: Run): Promise<{ record: NodeExecutionRecord; isPoison: boolean } | undefined> {
  let isPoison = false
  const record = await parts.records.update(id, (current) => {
    if (current === undefined || isNodeExecutionOver(current.state)) return undefined
    isPoison = current.starts >= maxCrashes
    if (isPoison) return undefined
    const set = { starts: current.starts + 1 }
    return current.state === 'Accepted' ? { to: 'Preparing', set, report: true } : { set, report: false }
  })
  return record && { record, isPoison }
}

/** A start that the node itself ended is no crash. */
async function takeBackStart({ parts, id }: Run): Promise<void> {
  await parts.records.update(id, (record) =>
    record !== undefined && !isNodeExecutionOver(record.state)
      ? { set: { starts: Math.max(0, record.starts - 1) }, report: false }
      : undefined,
  )
}

async function attempt(run: WorkRun, record: NodeExecutionRecord): Promise<Ended> {
  const spec = specAt(record.spec, placeOf(run.parts.itself, { ...record, executionId: record.id }))
  const { devices } = run
  if (devices === undefined) {
    const why = reason('capacity_exceeded', 'this node does not have the devices any more that it asks for')
    return failed(why, record.state === 'Running')
  }
  let inputs: readonly PreparedInput[]
  try {
    inputs = await prepareInputs(run, spec, {
      isResumed: record.starts > 1 || record.state !== 'Preparing',
    })
  } catch (error) {
    run.signal.throwIfAborted()
    run.log.warn({ err: error }, 'the inputs cannot be had')
    return failed(preparingReason(error), record.state === 'Running')
  }
  await run.parts.records.update(run.id, (current) =>
    current?.state === 'Preparing' ? { to: 'Running', report: true } : undefined,
  )
  return runEngine({ ...run, devices }, { ...record, spec }, inputs)
}

async function runEngine(
  run: WorkRun & { readonly devices: readonly Device[] },
  { spec, jobId }: Pick<NodeExecutionRecord, 'spec' | 'jobId'>,
  inputs: readonly PreparedInput[],
): Promise<Ended> {
  const { parts, id, folder, workLog, onProgress } = run
  const engine = ofType(parts.engines, spec.engine.type)
  if (engine === undefined) {
    return failed(reason('engine_unavailable', `this node has no ${spec.engine.type} engine any more`), true)
  }
  const { executionSeconds } = spec.timeouts
  const time = await measureRunningTime(run, executionSeconds * 1000)
  try {
    const outcome = await engine.run(
      {
        executionId: id,
        jobId,
        spec,
        inputs,
        devices: run.devices,
        outputsDir: folder.outputs,
        resultDir: folder.result,
        keptDir: folder.kept,
        scratchDir: folder.scratch,
        checkpoint: engineCheckpoint(parts.store, id, () => forgiveCrashes(run)),
        onProgress,
        onLog: workLog.write,
      },
      { signal: AbortSignal.any([run.signal, time.signal]) },
    )
    return fromEngine(outcome)
  } catch (error) {
    if (run.signal.aborted || !time.signal.aborted) throw error
    workLog.write({ stream: 'stderr', text: `edge: stopped after ${executionSeconds} s of running time` })
    return failed(reason('execution_timeout', `it ran for longer than ${executionSeconds} s`), true)
  } finally {
    await time.end()
  }
}

/** Work that gets on is not poison: three power cuts in a week are no three crashes at one spot. */
async function forgiveCrashes({ parts, id }: Run): Promise<void> {
  await parts.records.update(id, (record) =>
    record !== undefined && record.starts > 1 ? { set: { starts: 1 }, report: false } : undefined,
  )
}

function fromEngine({ exitCode, reason: why, ...scanned }: EngineOutcome): Ended {
  if (exitCode === 0) {
    const outcome: Outcome = { state: 'Completed', ...(why === undefined ? {} : { reason: why }) }
    return { outcome, exitCode, scanned, isPublished: true }
  }
  const message = `the work ended with exit code ${exitCode}${why === undefined ? '' : `: ${why.message}`}`
  return {
    outcome: { state: 'Failed', reason: reason(why?.code ?? 'exit_code', message) },
    exitCode,
    scanned,
    isPublished: true,
  }
}

function failed(why: Reason, isPublished: boolean): Ended {
  return { outcome: { state: 'Failed', reason: why }, scanned: nothingScanned, isPublished }
}
