import { describe, expect, it } from 'vitest'
import { EdgeError } from '../../../../src/domain/index.ts'
import type { BatchRunner } from '../../../../src/inference/detector/frame-runner.ts'
import { Gatherer } from '../../../../src/inference/detector/gatherer.ts'

interface Run {
  readonly frames: readonly number[]
  readonly transfer: number
  answer(): void
  fail(error: Error): void
}

/** A gatherer over a runner whose runs end when the test says so; a frame is one byte, its answer is the byte. */
function gathererOf(batch: number, workers = 1) {
  const runs: Run[] = []
  const counted: number[] = []
  let isClosed = false
  const runner: BatchRunner = {
    ask: (body, transfer = []) =>
      new Promise((resolve, reject) => {
        const frames = (body as readonly Uint8Array[]).map(([byte]) => byte!)
        runs.push({
          ...{ frames, transfer: transfer.length, fail: reject },
          answer: () => {
            resolve(frames.map((byte) => Float64Array.of(byte)))
          },
        })
      }),
    close: () => {
      isClosed = true
      return Promise.resolve()
    },
  }
  const gatherer = new Gatherer(runner, { batch, workers, onRun: (frames) => counted.push(frames) })
  const ask = (...bytes: number[]): Promise<unknown>[] =>
    bytes.map((byte) => {
      const frame = Uint8Array.of(byte)
      return gatherer.ask(frame, [frame.buffer])
    })
  return { gatherer, ask, runs, counted, wasClosed: () => isClosed }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

describe('gathering frames', () => {
  it('runs together what is asked in one turn of the event loop, and gives each its own answer', async () => {
    const { ask, runs, counted } = gathererOf(8)
    const answers = ask(3, 1, 2)
    await turn()
    expect(runs).toMatchObject([{ frames: [3, 1, 2], transfer: 3 }])
    runs[0]!.answer()
    expect(await Promise.all(answers)).toEqual([3, 1, 2].map((byte) => Float64Array.of(byte)))
    expect(counted).toEqual([3])
  })

  it('lets a lone frame wait for nobody', async () => {
    const { ask, runs } = gathererOf(8)
    void ask(1)
    await turn()
    expect(runs.map(({ frames }) => frames)).toEqual([[1]])
  })

  it('gathers while a run is under way, and sends what is there when it ends', async () => {
    const { ask, runs } = gathererOf(4)
    void ask(1)
    await turn()
    void ask(2)
    await turn()
    void ask(3)
    await turn()
    expect(runs).toHaveLength(1)
    runs[0]!.answer()
    await turn()
    expect(runs.map(({ frames }) => frames)).toEqual([[1], [2, 3]])
  })

  it('never runs more than a batch at once, and sends one full batch ahead for each worker', async () => {
    const { ask, runs } = gathererOf(2)
    void ask(1, 2, 3, 4, 5, 6, 7)
    await turn()
    expect(runs.map(({ frames }) => frames)).toEqual([
      [1, 2],
      [3, 4],
    ])
    runs[0]!.answer()
    await turn()
    runs[1]!.answer()
    await turn()
    expect(runs.map(({ frames }) => frames)).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ])
    runs[2]!.answer()
    await turn()
    expect(runs.at(-1)!.frames).toEqual([7])
  })

  it('keeps several workers busy', async () => {
    const { ask, runs } = gathererOf(4, 2)
    void ask(1)
    await turn()
    void ask(2)
    await turn()
    void ask(3)
    await turn()
    expect(runs.map(({ frames }) => frames)).toEqual([[1], [2]])
  })

  it('fails every frame of a run that fails, and no other', async () => {
    const { ask, runs, counted } = gathererOf(2)
    const [a, b, c] = ask(1, 2, 3)
    const failed = Promise.allSettled([a, b])
    await turn()
    runs[0]!.fail(new EdgeError('engine_crashed', 'out of memory'))
    expect(await failed).toMatchObject([
      { status: 'rejected', reason: { code: 'engine_crashed' } },
      { status: 'rejected', reason: { code: 'engine_crashed' } },
    ])
    await turn()
    runs[1]!.answer()
    expect(await c).toEqual(Float64Array.of(3))
    expect(counted).toEqual([1])
  })

  it('takes no list of another length for an answer', async () => {
    const runner: BatchRunner = { ask: () => Promise.resolve([]), close: () => Promise.resolve() }
    const gatherer = new Gatherer(runner, { batch: 2, workers: 1, onRun: () => undefined })
    await expect(gatherer.ask(Uint8Array.of(1))).rejects.toMatchObject({ code: 'internal' })
  })

  it('rejects what waits, and what comes later, when it is closed', async () => {
    const { gatherer, ask, runs, wasClosed } = gathererOf(1)
    const answers = Promise.allSettled(ask(1, 2, 3))
    await turn()
    const closed = gatherer.close()
    for (const run of runs) run.fail(new EdgeError('interrupted', 'the workers were stopped'))
    const rejected = { status: 'rejected', reason: { code: 'interrupted' } }
    expect(await answers).toMatchObject([rejected, rejected, rejected])
    await expect(gatherer.ask(Uint8Array.of(4))).rejects.toMatchObject({ code: 'interrupted' })
    await closed
    expect(wasClosed()).toBe(true)
  })
})
