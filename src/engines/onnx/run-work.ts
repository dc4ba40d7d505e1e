import { EdgeError, isEdgeError } from '../../domain/index.ts'
import type { ErrorCode, LogLine, OnnxEngineSpec, Reason } from '../../domain/index.ts'
import { Fragment, findSources, runProgram } from '../../inference/index.ts'
import type { RunTotals } from '../../inference/index.ts'
import type { Checkpoint, EngineOutcome, EngineWork, Log } from '../../ports/index.ts'
import { describeFile } from './describe-file.ts'
import type { OnnxEngineInit } from './onnx-engine-init.ts'

/** Prefix of this engine’s checkpoint keys; the source’s name follows. */
const checkpointPrefix = 'file:'

/** Runs the inference program over the work’s inputs, from the checkpoint on. Rejects as the Engine port says. */
export async function runWork(
  { resolveModel, mediaTools, accelerators, log }: OnnxEngineInit,
  work: EngineWork,
  spec: OnnxEngineSpec,
  signal: AbortSignal,
): Promise<EngineOutcome> {
  signal.throwIfAborted()
  try {
    const places = work.inputs.map(({ hostPath, target }) => ({ path: hostPath, target }))
    const { sources, skipped } = await findSources(places, { signal })
    for (const line of skipped) say(work, 'stdout', `left out: ${line}`)
    if (sources.length === 0) {
      return failure({
        code: 'input_empty',
        message: `no video in ${places.map(({ target }) => target).join(', ')}`,
      })
    }
    const model = await resolveModel(spec.model, { signal })
    const { type: _type, model: _model, ...settings } = spec
    const checkpoints = new CheckpointWriter(work.checkpoint)
    const totals = await runProgram(
      {
        sources: [...sources],
        model,
        calibrates: true,
        settings,
        threads: Math.max(1, Math.floor(work.spec.resources.cpu)),
        outputsDir: work.outputsDir,
        completed: await completedFiles(work.checkpoint, log),
        tools: mediaTools,
        accelerators,
      },
      {
        log,
        onProgress: work.onProgress,
        onOutput: (line) => {
          say(work, 'stderr', line)
        },
        onFragment: (fragment, isEarlier) => {
          say(work, 'stdout', describeFile(fragment, isEarlier))
          if (!isEarlier) checkpoints.put(fragment)
        },
      },
      { signal },
    )
    await checkpoints.settled()
    return outcomeOf(totals)
  } catch (error) {
    signal.throwIfAborted()
    if (!isEdgeError(error) || !workloadErrors.has(error.code)) throw error
    say(work, 'stderr', `${error.message} (${error.code})`)
    say(work, 'stderr', error.hint)
    return failure({ code: 'engine_failed', message: error.message.slice(0, 4000) })
  }
}

/** Errors that come back however often the same work is tried here. */
const workloadErrors: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'spec_invalid',
  'model_invalid',
  'not_supported',
  'provider_unavailable',
  'input_empty',
  'path_missing',
  'asset_corrupt',
  'usage',
])

function outcomeOf(totals: RunTotals): EngineOutcome {
  const { filesRead, filesTotal, bytesRead, secondsRead, events, clips } = totals
  const sums = {
    scannedFiles: filesRead,
    scannedBytes: bytesRead,
    scannedSeconds: secondsRead,
    events,
    clips,
  }
  if (filesRead > 0) return { exitCode: 0, ...sums }
  const message = `none of the ${filesTotal} files could be read as video; ledger.json has the reason of each`
  return { exitCode: 1, reason: { code: 'unreadable', message }, ...sums }
}

function failure(reason: Reason): EngineOutcome {
  return { exitCode: 1, reason, scannedFiles: 0, scannedBytes: 0, scannedSeconds: 0, events: 0, clips: 0 }
}

function say({ onLog }: EngineWork, stream: LogLine['stream'], text: string): void {
  onLog({ stream, text: text.slice(0, 65_536) })
}

/** What earlier runs finished; a note of another version is left aside, its file is done anew. */
async function completedFiles(checkpoint: Checkpoint, log: Log): Promise<Fragment[]> {
  const fragments: Fragment[] = []
  for (const [key, value] of await checkpoint.entries()) {
    if (!key.startsWith(checkpointPrefix)) continue
    const parsed = Fragment.safeParse(value)
    if (parsed.success) fragments.push(parsed.data)
    else
      log.warn({ key, problem: parsed.error.message }, 'a checkpoint cannot be read; the file is done anew')
  }
  return fragments
}

/** Puts checkpoints while the program goes on, and tells of a failed one at the end. */
class CheckpointWriter {
  readonly #checkpoint: Checkpoint
  #last: Promise<void> = Promise.resolve()

  constructor(checkpoint: Checkpoint) {
    this.#checkpoint = checkpoint
  }

  put(fragment: Fragment): void {
    this.#last = this.#last.then(() =>
      this.#checkpoint.put(`${checkpointPrefix}${fragment.source}`, fragment),
    )
    // `settled` tells; a run that ends otherwise has a graver error to tell.
    this.#last.catch(() => undefined)
  }

  async settled(): Promise<void> {
    try {
      await this.#last
    } catch (cause) {
      throw new EdgeError('internal', 'the progress of the run could not be kept', { cause })
    }
  }
}
