import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findFootage, makeRunFolder } from '../../../../src/inference/labels/index.ts'
import { cropOf } from '../../../../src/inference/labels/crops.ts'
import { formatGeneral, formatLabels } from '../../../../src/inference/labels/format-labels.ts'
import { tempDir } from '../../../support/temp-dir.ts'

describe('formatGeneral', () => {
  // what C’s printf("%g") prints
  it.each([
    [0, '0'],
    [1, '1'],
    [16, '16'],
    [0.5, '0.5'],
    [1 / 3, '0.333333'],
    [0.0298611111, '0.0298611'],
    [0.00001234567, '1.23457e-05'],
    [0.0001, '0.0001'],
    [0.9999999, '1'],
    [123456.7, '123457'],
    [1234567, '1.23457e+06'],
    [999999.5, '1e+06'],
  ])('writes %d as %s', (value, text) => {
    expect(formatGeneral(value)).toBe(text)
  })

  it('keeps six significant digits', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (value) => {
        expect(Math.abs(Number(formatGeneral(value)) - value)).toBeLessThanOrEqual(value * 5e-6)
      }),
    )
  })
})

describe('formatLabels', () => {
  const detections = [
    { classId: 17, score: 0.8, box: [0.50012, 0.5, 0.2, 0.2] as [number, number, number, number] },
    { classId: 0, score: 0.31, box: [0.1, 0.1, 0.1, 0.1] as [number, number, number, number] },
  ]

  it('puts boxes onto whole pixels, the weakest first, scores where they are wanted', () => {
    const size = { width: 100, height: 50 }
    expect(formatLabels(detections, { ...size, withScores: true })).toBe(
      '0 0.1 0.11 0.1 0.1 0.31\n17 0.5 0.5 0.2 0.2 0.8\n',
    )
    expect(formatLabels(detections, { ...size, withScores: false })).toMatch(/^0( \S+){4}\n17( \S+){4}\n$/)
  })
})

describe('cropOf', () => {
  const size = { width: 200, height: 100 }

  it('is two hundredths and ten pixels longer than the box in whole pixels, cut at the edges of the picture', () => {
    // 60..140 x 30..70: 80 x 40 become 91.6 x 50.8 around 100, 50
    expect(cropOf([0.5, 0.5, 0.4, 0.4], size)).toEqual({ left: 54, top: 24, width: 91, height: 51 })
    expect(cropOf([0.05, 0.9, 0.1, 0.2], size)).toEqual({ left: 0, top: 74, width: 25, height: 26 })
    expect(cropOf([0.5, 0.5, 3, 3], size)).toEqual({ left: 0, top: 0, ...size })
    expect(cropOf([2, 2, 0.1, 0.1], size)).toBeUndefined()
  })

  it('lies in the picture and holds the box', () => {
    const side = fc.double({ min: 0.01, max: 0.4, noNaN: true })
    const place = fc.double({ min: 0.25, max: 0.75, noNaN: true })
    const pixels = fc.integer({ min: 30, max: 4000 })
    fc.assert(
      fc.property(fc.tuple(place, place, side, side), pixels, pixels, ([x, y, w, h], width, height) => {
        const crop = cropOf([x, y, w, h], { width, height })
        if (crop === undefined) throw new Error('nothing is left')
        expect(crop.left).toBeGreaterThanOrEqual(0)
        expect(crop.left).toBeLessThanOrEqual((x - w / 2) * width)
        expect(crop.left + crop.width).toBeGreaterThanOrEqual((x + w / 2) * width)
        expect(crop.left + crop.width).toBeLessThanOrEqual(width)
        expect(crop.top + crop.height).toBeGreaterThanOrEqual((y + h / 2) * height)
        expect(crop.top + crop.height).toBeLessThanOrEqual(height)
      }),
    )
  })
})

describe('makeRunFolder', () => {
  it('counts runs on, and goes back to the first when it may exist', async () => {
    const project = join(await tempDir(), 'runs', 'detect')
    const make = async (mayExist = false) => basename(await makeRunFolder(project, 'exp', { mayExist }))
    expect([await make(), await make(), await make(true), await make()]).toEqual([
      'exp',
      'exp2',
      'exp',
      'exp3',
    ])
  })

  it('gives no folder to two runs that start at once', async () => {
    const project = await tempDir()
    const folders = await Promise.all(
      Array.from({ length: 8 }, () => makeRunFolder(project, 'exp', { mayExist: false })),
    )
    expect(new Set(folders).size).toBe(8)
  })
})

describe('findFootage', () => {
  const stems = async (...words: string[]) =>
    (await findFootage(words)).map(({ kind, stem }) => `${kind} ${stem}`)

  it('takes what lies in a folder or fits a pattern, and leaves the rest', async () => {
    const folder = await tempDir()
    await mkdir(join(folder, 'below'))
    for (const name of ['a.jpg', 'b.PNG', 'c.mp4', 'notes.txt', 'below/d.jpg'])
      await writeFile(join(folder, name), 'x')
    expect(await stems(folder)).toEqual(['image a', 'image b', 'video c'])
    expect(await stems(join(folder, '*.jpg'))).toEqual(['image a'])
    expect(await stems(join(folder, '**/*'))).toEqual(['image a', 'image b', 'image d', 'video c'])
    expect(await stems(join(folder, 'notes.txt'))).toEqual(['video notes'])
  })

  it('refuses what would write the same files, cameras, addresses and what is not there', async () => {
    const folder = await tempDir()
    for (const name of ['a.jpg', 'a.png']) await writeFile(join(folder, name), 'x')
    await expect(stems(folder)).rejects.toMatchObject({ code: 'usage' })
    await expect(stems('0')).rejects.toMatchObject({ code: 'not_supported' })
    await expect(stems('rtsp://camera/1')).rejects.toMatchObject({ code: 'not_supported' })
    await expect(stems(join(folder, 'b.jpg'))).rejects.toMatchObject({ code: 'path_missing' })
    await expect(stems(join(folder, '*.mp4'))).rejects.toMatchObject({ code: 'input_empty' })
  })
})
