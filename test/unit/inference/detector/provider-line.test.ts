import { describe, expect, it } from 'vitest'
import { EdgeError } from '../../../../src/domain/index.ts'
import { ProviderLine } from '../../../../src/inference/detector/provider-line.ts'
import type { LineParts } from '../../../../src/inference/detector/provider-line.ts'
import { batchFor, chainFor } from '../../../../src/inference/detector/provider.ts'
import type { ExplicitProvider, ProviderWish } from '../../../../src/inference/detector/provider.ts'
import { unreadOptions, sessionProvider } from '../../../../src/inference/detector/session-config.ts'

type Behaviour = 'works' | 'does not load' | 'does not open' | 'model_invalid'

interface World {
  readonly did: string[]
  readonly line: Promise<ProviderLine>
}

/** A line over providers that do as they are told. */
function lineOf(
  wish: ProviderWish,
  chain: readonly ExplicitProvider[],
  behaviour: Partial<Record<ExplicitProvider, Behaviour>> = {},
  msPerFrame: Partial<Record<ExplicitProvider, number>> = {},
): World {
  const did: string[] = []
  const parts: LineParts = {
    tryProvider: (name) => {
      did.push(`try ${name}`)
      const loads = behaviour[name] !== 'does not load'
      return Promise.resolve(
        loads ? { loads, msPerFrame: msPerFrame[name] ?? 10 } : { loads, reason: 'no library' },
      )
    },
    open: (name) => ({
      take: () => {
        did.push(`open ${name}`)
        if (behaviour[name] === 'does not open')
          return Promise.reject(new EdgeError('provider_unavailable', 'no memory'))
        if (behaviour[name] === 'model_invalid')
          return Promise.reject(new EdgeError('model_invalid', 'no such operator'))
        const runner = { ask: () => Promise.resolve(), close: () => Promise.resolve() }
        return Promise.resolve({ runner, giveBack: () => undefined })
      },
      close: () => {
        did.push(`close ${name}`)
        return Promise.resolve()
      },
    }),
    cpuThreads: 2,
    firstShape: { width: 640, height: 384, pixelFormat: 'yuv420p' },
    notes: () => [],
  }
  return { did, line: ProviderLine.open(wish, chain, parts) }
}

describe('the chain of providers', () => {
  it('is what the runtime offers, best first and the cpu last', () => {
    const offered = ['cpu', 'webgpu', 'cuda', 'tensorrt']
    expect(chainFor('auto', { offered, platform: 'linux' })).toEqual(['tensorrt', 'cuda', 'webgpu', 'cpu'])
    expect(chainFor('auto', { offered: ['cpu', 'coreml'], platform: 'darwin' })).toEqual(['coreml', 'cpu'])
    expect(chainFor('auto', { offered: [], platform: 'aix' })).toEqual(['cpu'])
  })

  it('is what was asked for, and nothing else', () => {
    const nothing = { offered: [], platform: 'linux' } as const
    expect(chainFor('cuda', nothing)).toEqual(['cuda'])
    expect(chainFor(['sidecar', 'cpu', 'sidecar'], nothing)).toEqual(['sidecar', 'cpu'])
  })
})

describe('the line of providers', () => {
  it('takes the first that loads and opens, and keeps the reasons of those before it', async () => {
    const { did, line } = lineOf(
      'auto',
      ['tensorrt', 'cuda', 'webgpu', 'cpu'],
      {
        tensorrt: 'does not load',
        cuda: 'does not open',
      },
      { webgpu: 4 },
    )
    expect((await line).choice).toEqual({
      name: 'webgpu',
      reason: 'auto: the best that runs the model here',
      refused: [
        { name: 'tensorrt', reason: 'no library' },
        { name: 'cuda', reason: 'no memory' },
      ],
      notes: [],
    })
    expect(did).toEqual([
      ...['try tensorrt', 'try cuda', 'open cuda', 'close cuda'],
      ...['try webgpu', 'try cpu', 'open webgpu'],
    ])
  })

  it('passes over a WebGPU that is slower than the cpu’s threads together', async () => {
    const { line } = lineOf('auto', ['webgpu', 'cpu'], {}, { webgpu: 90, cpu: 60 })
    expect((await line).choice).toMatchObject({
      name: 'cpu',
      refused: [{ name: 'webgpu', reason: expect.stringContaining('the cpu’s 30 ms are better') as string }],
    })
  })

  it('throws the own error of a provider that was asked for alone', async () => {
    const { did, line } = lineOf('cuda', ['cuda'], { cuda: 'does not open' })
    await expect(line).rejects.toMatchObject({ code: 'provider_unavailable', message: 'no memory' })
    expect(did).toEqual(['open cuda', 'close cuda'])
  })

  it('names every reason when none of a list works', async () => {
    const { line } = lineOf(['tensorrt', 'cuda'], ['tensorrt', 'cuda'], {
      tensorrt: 'does not load',
      cuda: 'does not open',
    })
    await expect(line).rejects.toMatchObject({
      code: 'provider_unavailable',
      message: 'no execution provider works here: tensorrt: no library; cuda: no memory',
    })
  })

  it('says of a model that the last one refuses that it is the model', async () => {
    const { line } = lineOf('auto', ['cuda', 'cpu'], { cuda: 'does not load', cpu: 'model_invalid' })
    await expect(line).rejects.toMatchObject({ code: 'model_invalid' })
  })

  it('makes one change, however many frames tell of the failure', async () => {
    const { did, line: opening } = lineOf(['cuda', 'webgpu', 'cpu'], ['cuda', 'webgpu', 'cpu'], {
      webgpu: 'does not load',
    })
    const line = await opening
    const stage = await line.current()
    const died = new EdgeError('engine_crashed', 'it died')
    await Promise.all([line.advance(stage, died, 1.5), line.advance(stage, died, 1.7)])
    await line.advance(stage, died, 1.9)
    expect(line.changes).toEqual([{ from: 'cuda', to: 'cpu', reason: 'it died', atSeconds: 1.5 }])
    expect(line.choice).toMatchObject({ name: 'cpu', reason: 'cuda failed at 1.500 s: it died' })
    expect(did.filter((what) => what === 'open cpu')).toHaveLength(1)
    expect(line.hasNext(await line.current())).toBe(false)
  })

  it('ends with every reason when the last one fails too, and stays so', async () => {
    const line = await lineOf(['cuda', 'cpu'], ['cuda', 'cpu']).line
    await line.advance(await line.current(), new EdgeError('engine_crashed', 'it died'), 1)
    const last = line.advance(await line.current(), new EdgeError('engine_crashed', 'so did this'), 2)
    await expect(last).rejects.toMatchObject({
      code: 'engine_crashed',
      message: 'every execution provider failed: cuda: it died; cpu: so did this',
    })
    await expect(line.current()).rejects.toMatchObject({ code: 'engine_crashed' })
  })

  it('does not fall back when it is closed', async () => {
    const { did, line: opening } = lineOf(['cuda', 'cpu'], ['cuda', 'cpu'])
    const line = await opening
    const stage = await line.current()
    await line.close()
    const stopped = new EdgeError('interrupted', 'stopped')
    await expect(line.advance(stage, stopped, 1)).rejects.toBe(stopped)
    expect(did).not.toContain('open cpu')
  })
})

describe('options of providers', () => {
  const options = { deviceId: 1, fp16: true, engineCache: true }
  const setup = { options, accelerators: { cacheDir: '/data/accelerators' } }

  it('reach the providers that know them', () => {
    expect(sessionProvider('cuda', setup)).toEqual({ name: 'cuda', deviceId: 1 })
    expect(sessionProvider('tensorrt', setup)).toEqual({
      ...{ name: 'tensorrt', deviceId: 1, trt_fp16_enable: true, trt_engine_cache_enable: true },
      trt_engine_cache_path: '/data/accelerators/tensorrt',
    })
    expect(sessionProvider('webgpu', setup)).toBe('webgpu')
  })

  it('give accelerators eight frames at once, fewer of large ones, and the cpu one', () => {
    const usual = { width: 640, height: 384 }
    expect(batchFor('cuda', {}, usual)).toBe(8)
    expect(batchFor('cuda', {}, { width: 1280, height: 768 })).toBe(2)
    expect(batchFor('cpu', {}, usual)).toBe(1)
    expect(batchFor('cpu', { batch: 4 }, usual)).toBe(4)
  })

  it('that do not reach the provider are told', () => {
    expect(unreadOptions('cpu', options)).toHaveLength(3)
    expect(unreadOptions('cuda', { ...options, fp16: false, engineCache: false })).toEqual([])
    expect(unreadOptions('sidecar', { fp16: false, engineCache: false, batch: 4 })).toEqual([
      'batch means nothing to sidecar: it takes frame after frame',
    ])
    expect(unreadOptions('tensorrt', options)).toEqual([
      expect.stringMatching(/^fp16 was given to tensorrt, but/),
      expect.stringMatching(/^engineCache was given to tensorrt, but/),
    ])
  })
})
