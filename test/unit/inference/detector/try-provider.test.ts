import { describe, expect, it } from 'vitest'
import { tryProvider } from '../../../../src/inference/detector/index.ts'
import { samplePath } from '../../../support/sample.ts'

const module = new URL('../../../fixtures/trial-child.ts', import.meta.url)
const setup = { options: { fp16: false, engineCache: false }, accelerators: {} }

describe('the trial of a provider', () => {
  it('runs the model for real', async () => {
    const trial = await tryProvider('cpu', { modelPath: samplePath('models/yolov5n.pt'), setup })
    expect(trial).toEqual({ loads: true, msPerFrame: expect.any(Number) as number })
  })

  it.each([
    ['openvino', 'openvino'],
    [process.platform === 'darwin' ? 'cuda' : 'coreml', 'not work here'],
  ] as const)('says why %s does not load', async (provider, said) => {
    const trial = await tryProvider(provider, { modelPath: samplePath('models/yolov5n.pt'), setup })
    expect(trial).toEqual({ loads: false, reason: expect.stringContaining(said) as string })
  })

  it('says so when there is no such model', async () => {
    const trial = await tryProvider('cpu', { modelPath: '/nowhere.pt', setup })
    expect(trial).toEqual({ loads: false, reason: 'no model at /nowhere.pt' })
  })

  it.each([
    ['crash', 'its trial ended with SIGSEGV and no word (x.so: no such file)'],
    ['leave', 'its trial ended with code 4 and no word (x.so: no such file)'],
    ['fail', 'no (x.so: no such file)'],
    ['nonsense', 'its trial ended with code 0 and no word (x.so: no such file)'],
  ])('survives a child that does otherwise (%s)', async (modelPath, reason) => {
    expect(await tryProvider('cpu', { modelPath, setup, module })).toEqual({ loads: false, reason })
  })

  it('ends a child that takes too long', async () => {
    const trial = await tryProvider('cpu', { modelPath: 'hang', setup, module, timeoutMs: 1500 })
    expect(trial).toEqual({
      loads: false,
      reason: expect.stringContaining('not ready after 1.5 s') as string,
    })
  })
})
