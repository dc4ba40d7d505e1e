import { lstat, mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { EdgeError, SignificancePolicy } from '../../domain/index.ts'
import type { Reason } from '../../domain/index.ts'
import { findSources, runLabelProgram } from '../../inference/index.ts'
import type { LabelRequest, RunTotals } from '../../inference/index.ts'
import type { MediaTools } from '../../media/index.ts'
import type { EngineOutcome, EngineWork, Log } from '../../ports/index.ts'
import { errnoOf } from '../../utils/errno.ts'
import { eventsFolder, outputFolder } from './container-mounts.ts'
import type { DockerEngineInit, DockerSpec } from './docker-engine-init.ts'

export interface EventsStageInit {
  readonly mediaTools: MediaTools
  readonly log: Log
}

/**
 * What follows a container’s end: detections that it left become events and clips. Where a job publishes events only,
 * what the container left is set aside in `keptDir` and `outputs/` holds the events; where it publishes all, they come to
 * lie beside the outputs, in `events/`. May be run again after a crash: the container’s outputs are never changed.
 */
export function createEventsStage({
  mediaTools,
  log,
}: EventsStageInit): NonNullable<DockerEngineInit['afterwards']> {
  return async (work, outcome, { signal }) => {
    const { engine, publish } = work.spec
    if (engine.type !== 'docker')
      throw new EdgeError('internal', `events of a container were asked for of ${engine.type} work`)
    const isAll = publish === 'all' || (publish === undefined && engine.policy === undefined)
    if (isAll && engine.policy === undefined) return outcome
    if (!isAll) await setAside(work)
    const say = (text: string): void => {
      work.onLog({ stream: 'stderr', text: `edge: ${text}`.slice(0, 65_536) })
    }
    const request = await requestFor(work, { engine, outcome, isAll, mediaTools }, signal)
    const totals = await runLabelProgram(
      request,
      {
        log,
        onProgress: work.onProgress,
        onOutput: say,
        onFragment: ({ source, events, ledger }) => {
          const problems = (ledger.problems ?? []).map(({ message }) => `; ${message}`)
          say(`${source}: ${events.length} events, ${ledger.clips} clips${problems.join('')}`)
        },
      },
      { signal },
    )
    for (const { message } of totals.problems ?? []) say(message)
    return outcomeWith(outcome, totals)
  }
}

/** Moves every output out of what is published, once; what was moved before a crash stays moved. */
async function setAside(work: EngineWork): Promise<void> {
  await mkdir(work.keptDir, { recursive: true, mode: 0o700 })
  for (const { name } of work.spec.outputs) {
    const kept = join(work.keptDir, name)
    if (await isThere(kept)) continue
    await rename(outputFolder(work, name), kept).catch((error: unknown) => {
      // A container that could not be made has no outputs.
      if (errnoOf(error) !== 'ENOENT') throw error
    })
  }
  await mkdir(work.outputsDir, { recursive: true, mode: 0o700 })
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}

interface Ended {
  readonly engine: DockerSpec
  readonly outcome: EngineOutcome
  readonly isAll: boolean
  readonly mediaTools: MediaTools
}

async function requestFor(
  work: EngineWork,
  { engine, outcome, isAll, mediaTools }: Ended,
  signal: AbortSignal | undefined,
): Promise<LabelRequest> {
  const places = work.inputs.map(({ hostPath, target }) => ({ path: hostPath, target }))
  const { sources } = await findSources(places, { signal })
  const { outputs, resources } = work.spec
  return {
    sources: [...sources],
    roots: outputs.map(({ name }) => ({
      name,
      path: isAll ? outputFolder(work, name) : join(work.keptDir, name),
    })),
    detector: engine.image,
    policy: engine.policy ?? SignificancePolicy.parse({}),
    clips: engine.clips,
    brokenOff: brokenOffReason(outcome),
    vidStride: vidStrideOf(engine),
    threads: Math.max(1, Math.floor(resources.cpu)),
    outputsDir: isAll ? join(work.resultDir, eventsFolder) : work.outputsDir,
    tools: mediaTools,
  }
}

/** As far as the command line tells; what a program in the image tells detect.py by itself is not known. */
export function vidStrideOf({
  entrypoint = [],
  command,
}: Pick<DockerSpec, 'entrypoint' | 'command'>): number | undefined {
  const told = /--vid[-_]stride[ =](\d{1,4})\b/.exec([...entrypoint, ...command].join(' '))?.[1]
  return told === undefined || Number(told) < 1 ? undefined : Number(told)
}

function brokenOffReason({ exitCode, reason }: EngineOutcome): Reason | undefined {
  if (exitCode === 0) return undefined
  return reason ?? { code: 'exit_code', message: `the container ended with exit code ${exitCode}` }
}

/** The container’s end with what was made of it. Where no event came out, the reason says what was wrong, if anything was. */
function outcomeWith(outcome: EngineOutcome, totals: RunTotals): EngineOutcome {
  const { filesRead, filesTotal, bytesRead, secondsRead, events, clips, problems = [] } = totals
  const [problem] = problems
  const told = outcome.exitCode === 0 && events === 0 ? problem : undefined
  return {
    ...outcome,
    ...(outcome.reason === undefined && told !== undefined ? { reason: told } : {}),
    ...(filesTotal === 0
      ? {}
      : { scannedFiles: filesRead, scannedBytes: bytesRead, scannedSeconds: secondsRead }),
    ...{ events, clips },
  }
}
