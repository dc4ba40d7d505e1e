import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openSidecar } from '../../../../src/inference/detector/index.ts'
import type { OpenSidecarInit } from '../../../../src/inference/detector/sidecar/open-sidecar.ts'
import { QuietLog } from '../../../support/quiet-log.ts'

const stub = fileURLToPath(new URL('../../../fixtures/stub-sidecar.mjs', import.meta.url))
const shape = { width: 640, height: 384, pixelFormat: 'yuv420p' } as const
const model = { classes: ['person', 'car', 'dog'], identity: { name: 'test', sha256: '' } }
const filter = { scoreThreshold: 0.25, iouThreshold: 0.45, maxDetections: 300 }

/** A provider that is the stub in one of its modes. */
function sidecar(mode: string, init: Partial<OpenSidecarInit> = {}): ReturnType<typeof openSidecar> {
  const opened = openSidecar({
    ...{ command: [process.execPath, stub, mode], model, filter },
    limits: { readyMs: 20_000, frameMs: 20_000, graceMs: 500 },
    ...init,
  })
  onTestFinished(() => opened.close())
  return opened
}

/** Grey, with a white rectangle. */
function frameWith([left, top, right, bottom]: readonly [number, number, number, number]): Uint8Array {
  const frame = new Uint8Array(640 * 384 * 1.5).fill(100)
  frame.fill(128, 640 * 384)
  for (let y = top; y < bottom; y++) frame.fill(235, y * 640 + left, y * 640 + right)
  return frame
}

describe('a detector sidecar', () => {
  it('sees the frame and answers with boxes in its pixels', async () => {
    const { runner } = await sidecar('bright').take(shape)
    const answers = await Promise.all([
      runner.ask(frameWith([100, 40, 180, 90])),
      runner.ask(frameWith([0, 0, 640, 384])),
      runner.ask(frameWith([0, 0, 0, 0])),
    ])
    expect(answers.map((packed) => [...(packed as Float64Array)])).toEqual([
      [100, 40, 180, 90, 0.9, 0],
      [0, 0, 640, 384, 0.9, 0],
      [],
    ])
  })

  it('takes frames of any shape', async () => {
    const opened = sidecar('bright')
    await opened.take(shape)
    const { runner } = await opened.take({ width: 64, height: 64, pixelFormat: 'gbrp' })
    const white = new Uint8Array(3 * 64 * 64).fill(255)
    expect([...((await runner.ask(white)) as Float64Array)]).toEqual([0, 0, 64, 64, 0.9, 0])
  })

  it('is told what is looked for, knows none of our secrets, and writes to the log', async () => {
    vi.stubEnv('EDGE_API_TOKEN', 'secret')
    onTestFinished(() => {
      vi.unstubAllEnvs()
    })
    const log = new QuietLog()
    await sidecar('bright', { log, filter: { ...filter, classIds: [2] } }).take(shape)
    await vi.waitFor(() => {
      expect(log.lines).toContainEqual({
        level: 'info',
        message: 'the detector sidecar says',
        fields: {
          line: 'hello {"classes":["dog"],"scoreThreshold":0.25,"iouThreshold":0.45,"maxDetections":300} secrets none',
        },
      })
    })
  })

  it('gives only what is looked for', async () => {
    const { runner } = await sidecar('bright', { filter: { ...filter, classIds: [2] } }).take(shape)
    expect(await runner.ask(frameWith([0, 0, 9, 9]))).toHaveLength(0)
  })

  it('says that it runs a model of its own, and what that does not know', async () => {
    const opened = sidecar('bright')
    await opened.take(shape)
    expect(opened.notes?.()).toEqual([
      'the sidecar stub runs a model of its own, not test',
      'it does not know 1 of the model’s classes: car',
    ])
  })

  it.each([
    ['refuse', 'no accelerator is plugged in'],
    ['chatty', '“Loading the model...'],
    ['strangers', 'does not know any class of test'],
  ])('does not open when it does otherwise than agreed (%s)', async (mode, said) => {
    await expect(sidecar(mode).take(shape)).rejects.toMatchObject({
      code: 'provider_unavailable',
      message: expect.stringContaining(said) as string,
    })
  })

  it('does not open when it is not ready in time', async () => {
    const limits = { readyMs: 300, graceMs: 200 }
    await expect(sidecar('mute', { limits }).take(shape)).rejects.toMatchObject({
      code: 'provider_unavailable',
      message: expect.stringContaining('not ready within 0.3 s') as string,
    })
  })

  it('does not open where there is no such program, or none is configured', async () => {
    await expect(sidecar('', { command: ['/nowhere/detector'] }).take(shape)).rejects.toMatchObject({
      code: 'provider_unavailable',
      message: expect.stringContaining('ENOENT') as string,
    })
    await expect(sidecar('', { command: undefined }).take(shape)).rejects.toMatchObject({
      code: 'provider_unavailable',
      message: 'no detector sidecar is configured on this machine',
    })
  })

  it('does not open when a wanted class is one that it does not know', async () => {
    await expect(
      sidecar('bright', { filter: { ...filter, classIds: [0, 1] } }).take(shape),
    ).rejects.toMatchObject({
      code: 'provider_unavailable',
      message: expect.stringContaining('car') as string,
    })
  })

  it.each([
    ['garbage', 'Traceback Traceback'],
    ['oversize', '4000000000 bytes'],
    ['other-id', 'answered frame 8 where 1 was asked'],
    ['wild-box', 'boxes.0.2'],
    ['wild-class', 'class 3 of 3'],
    ['no-json', 'not JSON'],
    ['complain', 'the accelerator is too hot'],
    ['crash', 'SIGSEGV'],
  ])('fails with what it found, and never finds nothing (%s)', async (mode, said) => {
    const { runner } = await sidecar(mode).take(shape)
    const [first, second] = await Promise.allSettled([
      runner.ask(frameWith([0, 0, 9, 9])),
      runner.ask(frameWith([0, 0, 9, 9])),
    ])
    expect(first).toMatchObject({
      status: 'rejected',
      reason: { code: 'engine_crashed', message: expect.stringContaining(said) as string },
    })
    expect(second.status).toBe('rejected')
  })

  it('fails when it does not answer in time', async () => {
    const limits = { readyMs: 20_000, frameMs: 200, graceMs: 200 }
    const { runner } = await sidecar('slow', { limits }).take(shape)
    await expect(runner.ask(frameWith([0, 0, 9, 9]))).rejects.toMatchObject({
      code: 'engine_crashed',
      message: expect.stringContaining('did not answer frame 1 within 0.2 s') as string,
    })
  })

  it('is gone after it is closed, even when it does not want to go', async () => {
    const opened = sidecar('stubborn')
    const { runner } = await opened.take(shape)
    await runner.ask(frameWith([0, 0, 9, 9]))
    await opened.close()
    await expect(runner.ask(frameWith([0, 0, 9, 9]))).rejects.toMatchObject({ code: 'interrupted' })
  })
})
