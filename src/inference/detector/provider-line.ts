import { EdgeError, isEdgeError } from '../../domain/index.ts'
import type { ProviderChange } from '../../domain/index.ts'
import type { FrameShape } from '../../media/index.ts'
import type { OpenProvider } from './frame-runner.ts'
import type {
  ExplicitProvider,
  ProviderChoice,
  ProviderWish,
  RefusedProvider,
  RuntimeProvider,
} from './provider.ts'
import type { ProviderTrial } from './try-provider.ts'

/** What the line needs of the world. */
export interface LineParts {
  /** Tries a provider where it can do no harm. */
  readonly tryProvider: (name: RuntimeProvider) => Promise<ProviderTrial>
  readonly open: (name: ExplicitProvider) => OpenProvider
  /** How many frames the cpu works on at once. */
  readonly cpuThreads: number
  /** What each provider is opened for at first. */
  readonly firstShape: FrameShape
  readonly notes: (name: ExplicitProvider) => readonly string[]
}

/** A provider that is open. */
export interface Stage {
  readonly choice: ProviderChoice
  readonly provider: OpenProvider
}

/**
 * The providers of one detector, best first: one is open, those after it are what is fallen back on. Who finds that the
 * open one has failed says so by `advance`, which opens the next that loads; however many say it, one change is made.
 */
export class ProviderLine {
  readonly #wish: ProviderWish
  readonly #parts: LineParts
  readonly #waiting: ExplicitProvider[]
  readonly #refused: RefusedProvider[] = []
  readonly #changes: ProviderChange[] = []
  readonly #closing: Promise<void>[] = []
  #stage: Stage | undefined
  #moving: Promise<void> | undefined
  #failure: EdgeError | undefined
  #isClosed = false

  private constructor(wish: ProviderWish, chain: readonly ExplicitProvider[], parts: LineParts) {
    this.#wish = wish
    this.#waiting = [...chain]
    this.#parts = parts
  }

  /**
   * Opens the first of `chain` that loads. Throws the only one’s own error, or `provider_unavailable` with the reason of
   * each; `model_invalid` when that is the last one’s.
   */
  static async open(
    wish: ProviderWish,
    chain: readonly ExplicitProvider[],
    parts: LineParts,
  ): Promise<ProviderLine> {
    const line = new ProviderLine(wish, chain, parts)
    await line.#openNext((name) => line.#reasonFor(name))
    return line
  }

  get choice(): ProviderChoice {
    return this.#open().choice
  }

  /** What was fallen back from, in the order in which it happened. */
  get changes(): readonly ProviderChange[] {
    return this.#changes
  }

  /** The provider to ask, once a change that is under way is over. */
  async current(): Promise<Stage> {
    await this.#moving
    if (this.#failure !== undefined) throw this.#failure
    if (this.#isClosed) throw new EdgeError('internal', 'a detector was used after it was closed')
    return this.#open()
  }

  /** True when a frame that `stage` does not answer would be asked of another. */
  hasNext(stage: Stage): boolean {
    return stage !== this.#stage || this.#waiting.length > 0
  }

  /** `stage` failed at the frame of `atSeconds`. Rejects when there is none to fall back on, or nobody wants an answer. */
  async advance(stage: Stage, error: unknown, atSeconds: number): Promise<void> {
    if (this.#isClosed) throw error
    if (this.#failure !== undefined) throw this.#failure
    if (stage !== this.#stage) return
    this.#moving ??= this.#move(stage, EdgeError.from(error), atSeconds).finally(() => {
      this.#moving = undefined
    })
    await this.#moving
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#moving?.catch(() => undefined)
    if (this.#stage !== undefined) this.#closing.push(this.#stage.provider.close())
    await Promise.all(this.#closing)
  }

  #open(): Stage {
    if (this.#stage === undefined) throw new EdgeError('internal', 'no execution provider is open')
    return this.#stage
  }

  async #move(failed: Stage, error: EdgeError, atSeconds: number): Promise<void> {
    const from = failed.choice.name
    // Not waited for: a thread that hangs is given two seconds, which the frames need not wait for.
    this.#closing.push(failed.provider.close().catch(() => undefined))
    if (this.#waiting.length === 0) {
      this.#failure = this.#exhausted(from, error)
      throw this.#failure
    }
    this.#refused.push({ name: from, reason: error.message })
    try {
      await this.#openNext(() => `${from} failed at ${atSeconds.toFixed(3)} s: ${error.message}`)
    } catch (last) {
      this.#failure = this.#exhausted(from, EdgeError.from(last))
      throw this.#failure
    }
    this.#changes.push({ from, to: this.choice.name, reason: error.message, atSeconds })
  }

  #exhausted(name: ExplicitProvider, error: EdgeError): EdgeError {
    if (this.#refused.length === 0 || error.code === 'model_invalid') return error
    const all = [...this.#refused, { name, reason: error.message }]
    return new EdgeError('engine_crashed', `every execution provider failed: ${told(all)}`, { cause: error })
  }

  async #openNext(reason: (name: ExplicitProvider) => string): Promise<void> {
    const isAlone = this.#waiting.length === 1 && this.#refused.length === 0
    let last: unknown
    for (let name = this.#waiting.shift(); name !== undefined; name = this.#waiting.shift()) {
      try {
        const objection = isAlone ? undefined : await this.#objection(name)
        if (objection !== undefined) throw new EdgeError('provider_unavailable', objection)
        const provider = await this.#openOne(name)
        const notes = [...this.#parts.notes(name), ...(provider.notes?.() ?? [])]
        const choice = { name, reason: reason(name), refused: [...this.#refused], notes }
        this.#stage = { choice, provider }
        return
      } catch (error) {
        last = error
        if (isAlone) throw error
        this.#refused.push({ name, reason: EdgeError.from(error).message })
      }
    }
    if (isEdgeError(last, 'model_invalid')) throw last
    throw new EdgeError('provider_unavailable', `no execution provider works here: ${told(this.#refused)}`, {
      cause: last,
    })
  }

  async #openOne(name: ExplicitProvider): Promise<OpenProvider> {
    const provider = this.#parts.open(name)
    try {
      const { giveBack } = await provider.take(this.#parts.firstShape)
      giveBack()
      return provider
    } catch (error) {
      await provider.close()
      throw error
    }
  }

  /** Why not to take a provider of several. A sidecar is a process of its own, the cpu needs no trial. */
  async #objection(name: ExplicitProvider): Promise<string | undefined> {
    if (name === 'cpu' || name === 'sidecar') return undefined
    const trial = await this.#parts.tryProvider(name)
    if (!trial.loads) return trial.reason
    if (name !== 'webgpu' || this.#wish !== 'auto') return undefined
    // A driver without hardware is there as well, and slower than the cpu itself.
    const cpu = await this.#parts.tryProvider('cpu')
    const cpuMs = cpu.loads ? cpu.msPerFrame / this.#parts.cpuThreads : Infinity
    return trial.msPerFrame < cpuMs
      ? undefined
      : `it runs, but at ${trial.msPerFrame.toFixed(0)} ms a frame the cpu’s ${cpuMs.toFixed(0)} ms are better`
  }

  #reasonFor(name: ExplicitProvider): string {
    if (this.#wish === 'auto')
      return name !== 'cpu'
        ? 'auto: the best that runs the model here'
        : this.#refused.length === 0
          ? 'auto: the runtime offers no accelerator here'
          : 'auto: no accelerator works here'
    if (typeof this.#wish === 'string') return 'asked for by name'
    return this.#refused.length === 0 ? 'the first of the list' : 'the first of the list that works here'
  }
}

function told(refused: readonly RefusedProvider[]): string {
  return refused.map(({ name, reason }) => `${name}: ${reason}`).join('; ')
}
