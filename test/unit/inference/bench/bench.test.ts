import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { withChildMemory } from '../../../../src/inference/bench/child-memory.ts'
import { runRounds, type Contender } from '../../../../src/inference/bench/rounds.ts'
import { locateMediaTools, measureDecode, probeVideo, sampleFrames } from '../../../../src/media/index.ts'
import { samplePath } from '../../../support/sample.ts'

describe('runRounds', () => {
  it('lets each run once a round, and takes shares within a round', async () => {
    const order: string[] = []
    const contender = (name: string, seconds: readonly number[]): Contender => {
      let round = 0
      return {
        name,
        run: () => {
          order.push(name)
          return Promise.resolve({
            seconds: seconds[round++] ?? 0,
            frames: 10,
            peakBytes: round === 2 ? 7 : null,
          })
        },
      }
    }
    const rows = await runRounds([contender('decode', [1, 2, 4]), contender('dense', [2, 4, 16])], {
      rounds: 3,
    })
    expect(order).toEqual(['decode', 'dense', 'decode', 'dense', 'decode', 'dense'])
    expect(rows[1]).toEqual({
      name: 'dense',
      frames: 10,
      seconds: { median: 4, min: 2, max: 16 },
      peakBytes: 7,
      shareOfFirst: { median: 0.5, min: 0.25, max: 0.5 },
    })
  })

  it('stops between two runs when it is aborted', async () => {
    const abort = new AbortController()
    const run = () => {
      abort.abort(new Error('enough'))
      return Promise.resolve({ seconds: 1, frames: 1, peakBytes: null })
    }
    await expect(runRounds([{ name: 'a', run }], { rounds: 2, signal: abort.signal })).rejects.toThrow(
      'enough',
    )
  })
})

describe('withChildMemory', () => {
  it.runIf(process.platform === 'linux')('sees what a child holds', async () => {
    const script =
      'const held = Buffer.alloc(3e8, 1); setTimeout(() => process.exit(held.length > 0 ? 0 : 1), 1500)'
    const { peakBytes } = await withChildMemory(() => promisify(execFile)(process.execPath, ['-e', script]))
    expect(peakBytes).toBeGreaterThan(3e8)
  })
})

describe('measureDecode', () => {
  it.each([{ fps: 5 }, { stride: 7 }])('decodes and picks what sampleFrames hands out by %j', async (by) => {
    const [tools, path] = [await locateMediaTools(), samplePath('videos/horses.mp4')]
    const shape = { width: 64, height: 64, pixelFormat: 'gbrp' } as const
    const request = { ...by, shape, video: await probeVideo(tools, path) }
    const handedOut = await Array.fromAsync(sampleFrames(tools, path, request).frames)
    expect(await measureDecode(tools, path, request)).toMatchObject({ frames: handedOut.length })
  })
})
