import { EdgeError } from '../../domain/index.ts'
import type { ExecutionId, JobSpec, Reason } from '../../domain/index.ts'
import type { Abortable, Engine, EngineOutcome, EngineStatus, EngineWork } from '../../ports/index.ts'
import { containerName, labelNames } from './container-labels.ts'
import { containerUser } from './container-user.ts'
import { createDockerodeApi } from './dockerode-api.ts'
import { defaultTimings } from './docker-engine-init.ts'
import type { DockerEngineInit, DockerTimings } from './docker-engine-init.ts'
import { endedBefore } from './ended-note.ts'
import type { EngineApi, EngineFacts } from './engine-api.ts'
import { obtainImage } from './obtain-image.ts'
import { patiently } from './patiently.ts'
import type { Patience } from './patiently.ts'
import { findObjection } from './find-objection.ts'
import { isShutdown, runContainer } from './run-work.ts'

/** The engine `docker`: each execution is one container of a Docker engine on this machine. */
export function createDockerEngine(init: DockerEngineInit, api = createDockerodeApi(init.address)): Engine {
  return new DockerEngine(init, api)
}

const factsKeptMs = 5000
/** A bid waits for it. */
const statusMs = 4000

class DockerEngine implements Engine {
  readonly type = 'docker'
  readonly #init: DockerEngineInit
  readonly #api: EngineApi
  readonly #timings: DockerTimings
  /** What this life of the node has begun or found. */
  readonly #own = new Set<ExecutionId>()
  /** Set while a container of nobody may be there: the next time that the engine answers, it is swept. */
  #unswept = false
  #facts: { readonly value: EngineFacts; readonly untilMs: number } | undefined

  constructor(init: DockerEngineInit, api: EngineApi) {
    this.#init = init
    this.#api = api
    this.#timings = { ...defaultTimings, ...init.timings }
  }

  async status(): Promise<EngineStatus> {
    try {
      const facts = await this.#engineFacts({ signal: AbortSignal.timeout(statusMs) })
      if (facts.OSType !== 'linux')
        return { available: false, detail: `Docker ${facts.ServerVersion} runs ${facts.OSType} containers` }
      containerUser(facts, this.#self)
      return { available: true, detail: `Docker ${facts.ServerVersion}${unlimited(facts)}` }
    } catch (error) {
      const isSlow = error instanceof Error && error.name === 'TimeoutError'
      const slow = `the Docker engine at ${this.#init.address} does not answer within ${statusMs / 1000} s`
      return { available: false, detail: isSlow ? slow : EdgeError.from(error).message }
    }
  }

  async objection(spec: JobSpec, options?: Abortable): Promise<Reason | undefined> {
    return findObjection({ ...this.#init, api: this.#api }, spec, options)
  }

  async run(work: EngineWork, { signal }: { readonly signal: AbortSignal }): Promise<EngineOutcome> {
    const { engine } = work.spec
    if (engine.type !== 'docker')
      throw new EdgeError('internal', `the docker engine was given ${engine.type} work`)
    signal.throwIfAborted()
    this.#own.add(work.executionId)
    const before = await endedBefore(work)
    // The node may have been killed before it could remove it; else this does nothing.
    if (before !== undefined)
      await patiently(this.#patience(work, signal), () => this.discard(work.executionId))
    const outcome =
      before ??
      (await this.#runContainer(work, engine, signal).catch((error: unknown) => {
        if (isShutdown(signal)) throw error
        // Should its container be there still, with an engine that did not answer: it is swept when it does.
        this.#forget(work.executionId)
        throw error
      }))
    this.#own.delete(work.executionId)
    return (await this.#init.afterwards?.(work, outcome, { signal })) ?? outcome
  }

  /** An engine that does not answer is swept when it does. */
  async sweep(live: ReadonlySet<ExecutionId>): Promise<void> {
    for (const id of live) this.#own.add(id)
    this.#unswept = true
    await this.#sweep()
    this.#unswept = false
  }

  async #sweep(): Promise<void> {
    const { nodeId, log } = this.#init
    for (const { Names, State, Labels } of await this.#api.list({ [labelNames.node]: nodeId })) {
      const name = Names[0]?.replace(/^\//, '')
      // Asked for each, as late as can be: work may begin while a sweep goes on.
      if (name === undefined || [...this.#own].some((id) => containerName(id) === name)) continue
      log.warn(
        { container: name, state: State, execution: Labels?.[labelNames.execution] },
        'removing a container of nobody',
      )
      await this.#api.remove(name)
    }
  }

  async discard(id: ExecutionId): Promise<void> {
    this.#forget(id)
    await this.#api.remove(containerName(id))
  }

  /** What may be there of it belongs to nobody from now on. */
  #forget(id: ExecutionId): void {
    this.#own.delete(id)
    this.#unswept = true
    this.#facts = undefined
  }

  async #runContainer(
    work: EngineWork,
    engine: Extract<JobSpec['engine'], { type: 'docker' }>,
    signal: AbortSignal,
  ): Promise<EngineOutcome> {
    const facts = await patiently(this.#patience(work, signal), () => this.#engineFacts({ signal }))
    return runContainer({
      init: this.#init,
      api: this.#api,
      facts,
      timings: this.#timings,
      work,
      engine,
      user: containerUser(facts, this.#self),
      signal,
      obtainImage: () => obtainImage({ ...this.#init, api: this.#api }, engine.image, work, { signal }),
    })
  }

  #patience({ onLog }: EngineWork, signal: AbortSignal): Patience {
    return { clock: this.#init.clock, reconnectMs: this.#timings.reconnectMs, onLog, signal }
  }

  get #self(): { readonly uid: number; readonly gid: number } {
    return this.#init.self ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  }

  async #engineFacts(options?: Abortable): Promise<EngineFacts> {
    const nowMs = this.#init.clock.monotonicMs()
    if (this.#facts !== undefined && this.#facts.untilMs > nowMs) return this.#facts.value
    this.#facts = undefined
    const value = await this.#api.info(options)
    this.#facts = { value, untilMs: nowMs + factsKeptMs }
    if (this.#unswept) {
      this.#unswept = false
      await this.#sweep().catch((error: unknown) => {
        this.#unswept = true
        throw error
      })
    }
    return value
  }
}

function unlimited(facts: EngineFacts): string {
  const missing = [
    ...(facts.MemoryLimit ? [] : ['memory']),
    ...(facts.CpuCfsQuota ? [] : ['cpu']),
    ...(facts.PidsLimit ? [] : ['processes']),
  ]
  return missing.length === 0 ? '' : ` (the kernel cannot limit ${missing.join(', ')})`
}
