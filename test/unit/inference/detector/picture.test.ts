import { describe, expect, it } from 'vitest'
import { pictureMaker } from '../../../../src/inference/detector/sidecar/picture.ts'

const square = { width: 64, height: 64, format: 'rgb24' } as const

/** A yuv420p frame of one colour. */
function yuv(width: number, height: number, [y, u, v]: readonly [number, number, number]): Uint8Array {
  const frame = new Uint8Array((width * height * 3) / 2).fill(y)
  frame.fill(u, width * height, width * height * 1.25)
  return frame.fill(v, width * height * 1.25)
}

const pixel = (picture: Uint8Array, x: number, y: number): number[] => [
  ...picture.subarray(3 * (y * 64 + x), 3 * (y * 64 + x) + 3),
]

describe('pictures for a sidecar', () => {
  // ITU-R BT.601, studio range: the corners of the colour cube as ffmpeg’s scaler gives them.
  it.each([
    ['black', [16, 128, 128], [0, 0, 0]],
    ['white', [235, 128, 128], [255, 255, 255]],
    ['red', [81, 90, 240], [254, 0, 0]],
    ['blue', [41, 240, 110], [0, 0, 255]],
  ] as const)('are %s where the frame is', (_, colour, expected) => {
    const shape = { width: 64, height: 32, pixelFormat: 'yuv420p' } as const
    const picture = pictureMaker(shape, square).paint(yuv(64, 32, colour))
    expect(pixel(picture, 30, 0)).toEqual([114, 114, 114])
    const found = pixel(picture, 30, 32)
    for (const [at, value] of expected.entries()) expect(Math.abs(found[at]! - value)).toBeLessThanOrEqual(1)
  })

  it('keep planes of GBR apart, in the order that is wanted', () => {
    const shape = { width: 64, height: 64, pixelFormat: 'gbrp' } as const
    const frame = new Uint8Array(3 * 64 * 64).fill(1, 0, 4096).fill(2, 4096, 8192).fill(3, 8192)
    expect(pixel(pictureMaker(shape, square).paint(frame), 5, 5)).toEqual([3, 1, 2])
    expect(pixel(pictureMaker(shape, { ...square, format: 'bgr24' }).paint(frame), 5, 5)).toEqual([2, 1, 3])
  })

  it.each([
    [64, 32],
    [128, 96],
    [32, 64],
  ])('of %d x %d give boxes back in the frame’s pixels', (width, height) => {
    const shape = { width, height, pixelFormat: 'yuv420p' } as const
    const scale = Math.min(64 / width, 64 / height)
    const [left, top] = [(64 - width * scale) / 2, (64 - height * scale) / 2]
    const box = { left, top, right: 64 - left, bottom: 64 - top, score: 0.5, classId: 1 }
    expect(pictureMaker(shape, square).toFrame(box)).toEqual({
      ...{ left: 0, top: 0, right: width, bottom: height, score: 0.5, classId: 1 },
    })
  })

  it('are averages where the frame is larger', () => {
    const shape = { width: 128, height: 128, pixelFormat: 'yuv420p' } as const
    const frame = yuv(128, 128, [16, 128, 128])
    for (let at = 0; at < 128 * 128; at += 2) frame[at] = 235
    const [grey] = pixel(pictureMaker(shape, square).paint(frame), 10, 10)
    expect(grey).toBeGreaterThanOrEqual(127)
    expect(grey).toBeLessThanOrEqual(128)
  })
})
