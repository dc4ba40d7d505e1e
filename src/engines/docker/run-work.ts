import { chown, mkdir } from 'node:fs/promises'
import { EdgeError } from '../../domain/index.ts'
import type { EngineOutcome, EngineWork } from '../../ports/index.ts'
import { awaitExit, hasEnded } from './await-exit.ts'
import type { Exit } from './await-exit.ts'
import { outputFolder } from './container-mounts.ts'
import type { ContainerUser } from './container-user.ts'
import { defaultOutputLimitBytes } from './docker-engine-init.ts'
import type { DockerEngineInit, DockerSpec, DockerTimings } from './docker-engine-init.ts'
import { noteEnded } from './ended-note.ts'
import { EngineRefusal } from './engine-api.ts'
import type { EngineApi, EngineFacts } from './engine-api.ts'
import { LogRelay, linesBefore } from './log-relay.ts'
import { checkSources } from './check-sources.ts'
import { checkMounted, inputIdentities } from './check-mounted.ts'
import { containerName } from './container-labels.ts'
import { isOf, obtainContainer } from './obtain-container.ts'
import type { ContainerParts, ObtainedContainer } from './obtain-container.ts'
import { outcomeOf } from './outcome.ts'
import { openFolders, trimFolders } from './outputs-size.ts'
import { patiently } from './patiently.ts'
import type { Patience } from './patiently.ts'
import { stopContainer } from './stop-container.ts'
import { isExceeded, watchOutputs } from './watch-outputs.ts'
import { writeEngineFile } from './engine-file.ts'

export interface RunParts {
  readonly init: DockerEngineInit
  readonly api: EngineApi
  readonly facts: EngineFacts
  readonly timings: DockerTimings
  readonly work: EngineWork
  readonly engine: DockerSpec
  readonly user: ContainerUser
  readonly signal: AbortSignal
  readonly obtainImage: ContainerParts['obtainImage']
}

/** A single file may be as large as all outputs, and a little more, so that it is seen to be too much. */
const sparedBytes = 16 * 2 ** 20

/** Runs the container of an execution to its end, or goes on with the one that is there. Leaves no container behind. */
export async function runContainer(parts: RunParts): Promise<EngineOutcome> {
  const { api, work, signal, init, timings } = parts
  const { clock } = init
  const patience: Patience = { clock, reconnectMs: timings.reconnectMs, onLog: work.onLog, signal }
  const limitBytes = work.spec.resources.diskBytes || (init.outputLimitBytes ?? defaultOutputLimitBytes)
  const folders = await makeOutputs(work, parts.user)
  try {
    await checkSources(init.address, work)
    const container = await patiently(patience, () =>
      obtainContainer({ ...parts, largestFileBytes: limitBytes + sparedBytes }),
    )
    await writeEngineFile(parts, container)
    const { exit, isTooMuch } = await supervise(parts, patience, container, { folders, limitBytes })
    await openOutputs(work, folders)
    const outcome = await outcomeOf(work, exit, isTooMuch ? limitBytes : undefined)
    // First this: when the container is gone, nothing else knows how it ended.
    await noteEnded(work, outcome)
    await patiently(patience, () => api.remove(container.name, { signal }))
    return outcome
  } catch (error) {
    if (isShutdown(signal) && init.survivesShutdown !== false) throw signal.reason
    await putAway(parts)
    await openOutputs(work, folders)
    throw signal.aborted ? signal.reason : error
  }
}

/** Outputs of an ended attempt stay; a container that runs has them open. */
async function makeOutputs(work: EngineWork, { owner }: ContainerUser): Promise<readonly string[]> {
  const folders = work.spec.outputs.map(({ name }) => outputFolder(work, name))
  for (const folder of folders) {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    if (owner !== undefined) await chown(folder, owner.uid, owner.gid)
  }
  return folders
}

async function openOutputs({ scratchDir, onLog }: EngineWork, folders: readonly string[]): Promise<void> {
  const removed = await openFolders(folders, scratchDir)
  if (removed > 0)
    onLog({
      stream: 'stderr',
      text: `edge: ${removed} folders lay too deep and were removed with all in them`,
    })
}

interface Quota {
  readonly folders: readonly string[]
  readonly limitBytes: number
}

async function supervise(
  parts: RunParts,
  patience: Patience,
  container: ObtainedContainer,
  quota: Quota,
): Promise<{ readonly exit: Exit; readonly isTooMuch: boolean }> {
  const { api, work, signal, timings, init } = parts
  const { name } = container
  const over = new AbortController()
  const during = AbortSignal.any([signal, over.signal])
  let isTooMuch = false
  await start(parts, patience, container)
  const logs = followLogs(parts, { ...patience, onLog: () => undefined, signal: during }, container)
  const watching = watchOutputs({
    ...quota,
    clock: init.clock,
    everyMs: timings.measureMs,
    signal: during,
    onExceeded: async () => {
      isTooMuch = true
      await patiently(patience, () => api.kill(name, 'SIGKILL', { signal }))
    },
  }).catch((error: unknown) => {
    if (!during.aborted) init.log.warn({ err: error, execution: work.executionId }, 'cannot measure outputs')
  })
  try {
    const sinceMs = Date.parse(container.facts.Created)
    const exit = await awaitExit({
      api,
      name,
      id: container.facts.Id,
      sinceMs,
      pollMs: timings.pollMs,
      patience,
    })
    const isCut = await Promise.race([
      logs,
      init.clock.sleep(lastLogsMs, { signal: during }).then(() => true),
    ])
    if (isCut === true)
      work.onLog({ stream: 'stderr', text: 'edge: the rest of its log was not read, there is too much' })
    isTooMuch ||= await isExceeded(quota)
    if (isTooMuch) {
      const removed = await trimFolders(quota.folders, quota.limitBytes)
      const what = `edge: the outputs are more than ${quota.limitBytes} bytes, or too many or too deep; the last ${removed} files were removed`
      work.onLog({ stream: 'stderr', text: what })
    }
    return { exit, isTooMuch }
  } finally {
    over.abort(new Error('the container has ended'))
    await Promise.all([logs, watching])
  }
}

/** For the rest of the log of a container that has ended. */
const lastLogsMs = 30_000

async function start(parts: RunParts, patience: Patience, container: ObtainedContainer): Promise<void> {
  const { api, signal } = parts
  if (container.facts.State.Status !== 'created' || hasEnded(container.facts)) return
  try {
    const identities = await inputIdentities(parts.work.inputs)
    // Not aborted: what an engine has begun to start it also starts when nobody waits for it.
    await patiently(patience, () => api.start(container.name))
    const started = await patiently(patience, () => api.inspect(container.name, { signal }))
    if (started !== undefined) await checkMounted(started, identities)
  } catch (error) {
    if (!(error instanceof EngineRefusal)) throw error
    const facts = await patiently(patience, () => api.inspect(container.name, { signal }))
    if (facts !== undefined && hasEnded(facts) && [126, 127].includes(facts.State.ExitCode)) {
      // No such program in the image, or none that can be run: the work’s own failure, with the exit code that it has.
      parts.work.onLog({ stream: 'stderr', text: `edge: ${error.message}` })
      return
    }
    throw new EdgeError('container_refused', `the container does not start: ${error.message}`, {
      cause: error,
    })
  }
}

/** Never fails: what a container printed is worth less than what it did. */
async function followLogs(parts: RunParts, patience: Patience, container: ObtainedContainer): Promise<void> {
  const { api, work, init } = parts
  const { signal } = patience
  const { name } = container
  try {
    const before = container.isFound
      ? await linesBefore(work.resultDir, container.logBase)
      : { stdout: [], stderr: [] }
    const relay = new LogRelay(work.onLog, before)
    const tell = (isLast: boolean): Promise<void> =>
      patiently(patience, () => relay.relay(api.logs(name, { signal }), { isLast }))
    for (;;) {
      await tell(false)
      const facts = await patiently(patience, () => api.inspect(name, { signal }))
      if (facts === undefined) return
      if (hasEnded(facts)) break
      await init.clock.sleep(reopenMs, { signal })
    }
    // What an engine tells of a container that runs ends with it, now and then before the last lines.
    await tell(true)
  } catch (error) {
    if (!signal.aborted)
      init.log.warn({ err: error, execution: work.executionId }, 'cannot follow a container’s log')
  }
}

const reopenMs = 200

/** Ends and removes a container whatever happens meanwhile to the signal; an engine that is down gets a while. */
async function putAway({ init, api, timings, work }: RunParts): Promise<void> {
  const { clock } = init
  const name = containerName(work.executionId)
  const patience = AbortSignal.timeout(timings.stopGraceMs + putAwayMs)
  const parts = { clock, reconnectMs: timings.reconnectMs, onLog: work.onLog, signal: patience }
  try {
    const facts = await patiently(parts, () => api.inspect(name))
    if (facts === undefined || !isOf(facts, init.nodeId, work.executionId)) return
    await patiently(parts, () => stopContainer({ api, clock, name, graceMs: timings.stopGraceMs }))
    await patiently(parts, () => api.remove(name))
  } catch (error) {
    init.log.error({ err: error, execution: work.executionId }, 'a container cannot be removed now')
  }
}

const putAwayMs = 30_000

/** Whether the node stops, and not the work. */
export function isShutdown({ aborted, reason }: AbortSignal): boolean {
  if (!aborted || !(reason instanceof Error)) return false
  const { cause } = reason
  return typeof cause === 'object' && cause !== null && 'kind' in cause && cause.kind === 'shutdown'
}
