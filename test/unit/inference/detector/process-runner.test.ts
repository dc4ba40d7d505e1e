import { describe, expect, it, onTestFinished } from 'vitest'
import { openModel } from '../../../../src/inference/index.ts'
import { sessionInit } from '../../../../src/inference/detector/frame-runner.ts'
import { openRunner } from '../../../../src/inference/detector/open-runner.ts'
import { plainSetup } from '../../../../src/inference/detector/provider.ts'
import { ProcessRunner } from '../../../../src/inference/detector/process-runner.ts'
import type { ProcessOptions } from '../../../../src/inference/detector/process-runner.ts'
import type { SessionInit } from '../../../../src/inference/detector/session.ts'
import { samplePath } from '../../../support/sample.ts'

const shape = { width: 640, height: 384, pixelFormat: 'yuv420p' } as const
const filter = { scoreThreshold: 0.001, iouThreshold: 0.45, maxDetections: 300 }

async function session(): Promise<SessionInit> {
  const model = await openModel(samplePath('models/yolov5n.pt'))
  return sessionInit('cpu', { model, filter, setup: plainSetup }, shape)
}

async function open(init: SessionInit, options?: ProcessOptions): Promise<ProcessRunner> {
  const runner = await ProcessRunner.open(init, options)
  onTestFinished(() => runner.close())
  return runner
}

/** Not one colour, so that there is something to be unsure of. */
const frame = (): Uint8Array => Uint8Array.from({ length: 640 * 384 * 1.5 }, (_, at) => (at * 7919) % 251)

describe('a session in a process', () => {
  it('answers what threads answer, and leaves the frames to the caller', async () => {
    const model = await openModel(samplePath('models/yolov5n.pt'))
    const threads = await openRunner('cpu', { model, filter, setup: plainSetup, threads: 1 }, shape)
    onTestFinished(() => threads.close())
    const runner = await open(await session())
    const mine = frame()
    const [first, second] = await Promise.all([runner.ask(mine), runner.ask(mine)])
    expect(mine).toHaveLength(640 * 384 * 1.5)
    expect(first).toBeInstanceOf(Float64Array)
    expect((first as Float64Array).length).toBeGreaterThan(0)
    expect(second).toEqual(first)
    expect(await threads.ask(frame())).toEqual(first)
  })

  it('answers for several frames at once, each for itself', async () => {
    const model = await openModel(samplePath('models/yolov5n.pt'))
    const setup = { ...plainSetup, options: { ...plainSetup.options, batch: 2 } }
    const runner = await open(sessionInit('cpu', { model, filter, setup }, shape))
    const grey = new Uint8Array(640 * 384 * 1.5).fill(114)
    const [first, second] = (await runner.ask([frame(), grey])) as Float64Array[]
    expect(first!.length).toBeGreaterThan(0)
    expect(second).not.toEqual(first)
    expect(await runner.ask([grey, frame()])).toEqual([second, first])
  })

  it('passes on why it does not open', async () => {
    const init = { ...(await session()), provider: 'openvino', config: 'openvino' } as const
    await expect(open(init)).rejects.toMatchObject({ code: 'provider_unavailable' })
  })

  it('goes on after a frame that is none', async () => {
    const runner = await open(await session())
    await expect(runner.ask(new Uint8Array(5))).rejects.toMatchObject({ code: 'internal' })
    expect(await runner.ask(frame())).toBeInstanceOf(Float64Array)
  })

  it('fails for good when there is no such module', async () => {
    const missing = new URL('./nowhere.ts', import.meta.url)
    await expect(open(await session(), { module: missing })).rejects.toMatchObject({ code: 'engine_crashed' })
  })

  it('fails for good when it does not answer in time', async () => {
    const module = new URL('../../../fixtures/crashing-detection-process.ts', import.meta.url)
    const limits = { firstFrameMs: 20_000, frameMs: 300 }
    const runner = await open({ ...(await session()), hangs: true } as SessionInit, { module, limits })
    await runner.ask(frame())
    const late = { code: 'engine_crashed', message: expect.stringContaining('within 0.3 s') as string }
    await expect(runner.ask(frame())).rejects.toMatchObject(late)
    await expect(runner.ask(frame())).rejects.toMatchObject(late)
  })

  it('rejects what is open when it is closed', async () => {
    const runner = await open(await session())
    const answer = expect(runner.ask(frame())).rejects.toMatchObject({ code: 'interrupted' })
    await runner.close()
    await answer
    await expect(runner.ask(frame())).rejects.toMatchObject({ code: 'interrupted' })
  })
})
