import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OnnxEngineSpec } from '../../../../src/domain/index.ts'
import { planCascade } from '../../../../src/inference/cascade/index.ts'
import type { PacketScan, VideoInfo } from '../../../../src/media/index.ts'

const video = { container: 'mov,mp4,m4a', frameRate: 60, startSeconds: 0, durationSeconds: 100 } as VideoInfo

function scanOf({
  seconds = 100,
  gap = 2,
  ...changes
}: Partial<PacketScan> & { seconds?: number; gap?: number } = {}) {
  const keyframeSeconds = Array.from({ length: Math.ceil(seconds / gap) }, (_, index) => index * gap)
  return {
    frames: seconds * 60,
    keyframeSeconds,
    firstSeconds: 0,
    endSeconds: seconds,
    largestKeyframeGapSeconds: gap,
    isReordered: true,
    largestAnchorGapSeconds: 4 / 60,
    errors: [],
    jumps: [],
    ...changes,
  } satisfies PacketScan
}

const settings = (changes: object = {}) => OnnxEngineSpec.parse({ type: 'onnx', ...changes })

describe('the plan of a cascade', () => {
  it('takes keyframes only where the shortest event cannot fall between two', () => {
    expect(planCascade(video, scanOf({ gap: 0.5 }), settings()).mode).toBe('keyframe')
    expect(planCascade(video, scanOf({ gap: 0.7 }), settings())).toMatchObject({
      mode: 'hold',
      reason: 'auto: keyframes lie up to 0.70 s apart, the shortest event lasts 0.60 s',
    })
    const dwelling = settings({ policy: { dwellSeconds: 10 } })
    expect(planCascade(video, scanOf({ gap: 8 }), dwelling).mode).toBe('keyframe')
  })

  it('holds where lines are crossed or objects are hidden, whatever the keyframes', () => {
    const line = { name: 'door', from: [0, 0.5], to: [1, 0.5] }
    expect(planCascade(video, scanOf({ gap: 0.1 }), settings({ policy: { lines: [line] } })).mode).toBe(
      'hold',
    )
    const hiding = settings({ mode: 'keyframe', clips: { redact: { classes: ['person'] } } })
    expect(planCascade(video, scanOf({ gap: 0.1 }), hiding).mode).toBe('hold')
  })

  it('leaves B-frames out only where the sampling has no need of them', () => {
    expect(planCascade(video, scanOf(), settings()).decoding.leaveOut).toBe('unreferenced')
    expect(planCascade(video, scanOf({ isReordered: false }), settings()).decoding.leaveOut).toBeUndefined()
    expect(
      planCascade(video, scanOf({ largestAnchorGapSeconds: 0.3 }), settings()).decoding.leaveOut,
    ).toBeUndefined()
    expect(planCascade(video, scanOf(), settings({ mode: 'dense' })).decoding).toEqual({})
  })

  it('samples five frames a second, and every one in dense mode', () => {
    expect(planCascade(video, scanOf(), settings()).sampleFps).toBe(5)
    expect(planCascade(video, scanOf(), settings({ mode: 'dense' })).sampleFps).toBeUndefined()
    expect(planCascade(video, scanOf(), settings({ mode: 'dense', sampleFps: 2 })).sampleFps).toBe(2)
  })

  it('cuts footage into an even number of pieces that touch, at keyframes', () => {
    const lengths = fc.record({ seconds: fc.integer({ min: 4, max: 4000 }), gap: fc.constantFrom(0.5, 1, 2) })
    fc.assert(
      fc.property(lengths, ({ seconds, gap }) => {
        const scan = scanOf({ seconds, gap })
        const { chunks } = planCascade(video, scan, settings())
        expect(chunks.length % 2).toBe(0)
        expect(chunks[0]?.fromSeconds).toBeUndefined()
        expect(chunks.at(-1)?.toSeconds).toBeUndefined()
        expect(chunks[0]?.startSeconds).toBe(0)
        expect(chunks.at(-1)?.endSeconds).toBe(seconds)
        for (const [index, chunk] of chunks.slice(1).entries()) {
          expect(chunk.fromSeconds).toBe(chunks[index]?.toSeconds)
          expect(chunk.startSeconds).toBe(chunks[index]?.endSeconds)
          expect(scan.keyframeSeconds).toContain(chunk.startSeconds)
          if (chunk.seekSeconds !== undefined) expect(chunk.seekSeconds).toBeLessThan(chunk.startSeconds)
        }
      }),
    )
  })

  it('begins a range at the keyframe at or before it, and ends it where it was asked to', () => {
    const policy = { ignoreParked: false }
    const ranged = (range: object): unknown =>
      planCascade(video, scanOf(), settings({ range, policy })).chunks
    expect(ranged({ fromSeconds: 51, toSeconds: 53.3 })).toEqual([
      { startSeconds: 50, endSeconds: 53.3, fromSeconds: 49.9995, toSeconds: 53.3, seekSeconds: 48 },
    ])
    // three decimals are what people say
    expect(ranged({ fromSeconds: 49.9996, toSeconds: 51 })).toMatchObject([{ startSeconds: 50 }])
    expect(ranged({ fromSeconds: 1, toSeconds: 3 })).toEqual([
      { startSeconds: 0, endSeconds: 3, toSeconds: 3 },
    ])
    expect(ranged({ fromSeconds: 50 })).toMatchObject([{ startSeconds: 50 }, { endSeconds: 100 }])
  })

  it('begins earlier by as long as an object stands to be parked, where these do not count', () => {
    const { chunks } = planCascade(video, scanOf(), settings({ range: { fromSeconds: 51, toSeconds: 52 } }))
    expect(chunks[0]).toMatchObject({ startSeconds: 20 })
    expect(chunks.at(-1)).toMatchObject({ endSeconds: 52, toSeconds: 52 })
  })

  it('reads a file that cannot be searched up to a range, and drops what comes before', () => {
    const avi = { ...video, container: 'avi' }
    const { chunks } = planCascade(avi, scanOf(), settings({ range: { fromSeconds: 81 } }))
    expect(chunks).toEqual([
      { startSeconds: 50, endSeconds: 100, fromSeconds: 49.9995, seekSeconds: 'start' },
    ])
  })

  it('reads a damaged file, a short one and one that cannot be searched from end to end', () => {
    expect(planCascade(video, scanOf({ errors: ['broken'] }), settings()).chunks).toHaveLength(1)
    expect(planCascade(video, scanOf({ seconds: 3 }), settings()).chunks).toHaveLength(1)
    expect(planCascade({ ...video, container: 'avi' }, scanOf(), settings()).chunks).toHaveLength(1)
  })
})
