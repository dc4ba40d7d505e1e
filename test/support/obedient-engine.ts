import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EdgeError } from '../../src/domain/index.ts'
import type { Engine, EngineOutcome, EngineWork } from '../../src/ports/index.ts'

type Order = (work: EngineWork, signal: AbortSignal) => Promise<Partial<EngineOutcome>>

/**
 * An engine of type `onnx` that does what the model’s name says: `good` prints and writes an output, `bad` does so and
 * ends with exit code 3, `crash` crashes each time, `crash-once` the first time, `progress-crash` six times,
 * each after a new checkpoint, `refuse` throws, `link` leaves a link in its
 * outputs, `keep` something that is not to be published, `hang` runs until it is aborted and then takes a moment to end.
 */
export class ObedientEngine implements Engine {
  readonly type = 'onnx'
  /** How often work began, by execution. */
  readonly begun: string[] = []
  /** The devices that each execution got at its last start, as class and index. */
  readonly devices = new Map<string, readonly string[]>()
  /** Work that has not ended: nothing may be left when a node has stopped. */
  alive = 0
  available = true
  /** What `sweep` was told, each time. */
  readonly swept: (readonly string[])[] = []
  readonly discarded: string[] = []
  /** Another order in place of the one that a model names. */
  readonly instead: Record<string, string> = {}

  status(): Promise<{ available: boolean; detail: string }> {
    return Promise.resolve({ available: this.available, detail: this.available ? 'obeys' : 'on strike' })
  }

  objection(spec: EngineWork['spec']): ReturnType<Engine['objection']> {
    return Promise.resolve(
      spec.engine.type === 'onnx' && spec.engine.model === 'unknown'
        ? { code: 'model_unavailable', message: 'there is no model unknown' }
        : undefined,
    )
  }

  sweep(live: ReadonlySet<string>): Promise<void> {
    this.swept.push([...live])
    return this.available
      ? Promise.resolve()
      : Promise.reject(new EdgeError('engine_unavailable', 'on strike'))
  }

  discard(id: string): Promise<void> {
    this.discarded.push(id)
    return Promise.resolve()
  }

  async run(work: EngineWork, { signal }: { signal: AbortSignal }): Promise<EngineOutcome> {
    signal.throwIfAborted()
    this.begun.push(work.executionId)
    this.devices.set(
      work.executionId,
      work.devices.map(({ class: kind, index }) => `${kind} ${String(index)}`),
    )
    this.alive++
    try {
      const name = work.spec.engine.type === 'onnx' ? work.spec.engine.model : ''
      const order = orders[this.instead[name] ?? name]
      if (order === undefined) throw new EdgeError('model_invalid', `cannot do ${name}`)
      const said = await order(work, signal)
      return {
        exitCode: 0,
        scannedFiles: 1,
        scannedBytes: 20,
        scannedSeconds: 3,
        events: 1,
        clips: 1,
        ...said,
      }
    } finally {
      this.alive--
    }
  }
}

async function doWork({ onLog, onProgress, outputsDir }: EngineWork): Promise<void> {
  onLog({ stream: 'stdout', text: 'begin' })
  onLog({ stream: 'stderr', text: 'careful' })
  onProgress({ filesDone: 1, filesTotal: 1, framesDone: 5, framesTotal: 5, framesPerSecond: 2.5, events: 1 })
  await writeFile(join(outputsDir, 'events.json'), '{"events":[]}')
  onLog({ stream: 'stdout', text: 'end' })
}

const crash = (): never => {
  throw new EdgeError('engine_crashed', 'the child died of signal 11')
}

async function untilAborted(signal: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      // Its processes take a moment to die.
      setTimeout(resolve, 5)
    }
    if (signal.aborted) done()
    else signal.addEventListener('abort', done, { once: true })
  })
  throw signal.reason
}

const orders: Readonly<Record<string, Order>> = {
  good: async (work) => {
    await doWork(work)
    return {}
  },
  bad: async (work) => {
    await doWork(work)
    return { exitCode: 3 }
  },
  crash: async (work) => {
    await doWork(work)
    return crash()
  },
  'crash-once': async (work) => {
    await doWork(work)
    const before = await work.checkpoint.entries()
    await work.checkpoint.put('seen', true)
    return before.has('seen') ? {} : crash()
  },
  'progress-crash': async (work) => {
    const before = await work.checkpoint.entries()
    const crashes = Number(before.get('crashes') ?? 0)
    if (crashes === 6) return {}
    await work.checkpoint.put('crashes', crashes + 1)
    return crash()
  },
  refuse: async (work) => {
    await doWork(work)
    throw new EdgeError('media_unreadable', 'gate.mp4 is no video')
  },
  link: async (work) => {
    await symlink('/etc/passwd', join(work.outputsDir, 'passwd'))
    return {}
  },
  keep: async (work) => {
    await doWork(work)
    await mkdir(work.keptDir)
    await writeFile(join(work.keptDir, 'annotated.mp4'), 'for nobody')
    return {}
  },
  hang: async (work, signal) => {
    await doWork(work)
    return untilAborted(signal)
  },
}
