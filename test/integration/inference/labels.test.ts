import { readFile, readdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openModel } from '../../../src/inference/index.ts'
import { findFootage, labelFootage } from '../../../src/inference/labels/index.ts'
import { locateMediaTools, readImage } from '../../../src/media/index.ts'
import { compareFrame, referenceDetections, type ScoredBox } from '../../support/reference-detections.ts'
import { ffmpeg } from '../../support/make-video.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function label(
  sources: readonly string[],
  options: {
    stride?: number
    classes?: readonly string[]
    parts?: readonly ('labels' | 'crops')[]
  } = {},
) {
  const folder = await tempDir()
  const files = await labelFootage({
    footage: await findFootage(sources),
    model: await openModel(samplePath('models/yolov5n.onnx')),
    tools: await locateMediaTools(),
    scoreThreshold: 0.25,
    iouThreshold: 0.45,
    maxDetections: 1000,
    classes: options.classes ?? [],
    stride: options.stride ?? 1,
    folder,
    parts: options.parts,
    withScores: true,
  })
  return { files, labels: join(folder, 'labels'), crops: join(folder, 'crops') }
}

async function boxesIn(path: string): Promise<readonly ScoredBox[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '')
  return lines.map((line) => {
    const [classId = -1, x = 0, y = 0, w = 0, h = 0, score = 0] = line.split(' ').map(Number)
    return { classId, score, box: [x, y, w, h] }
  })
}

describe('labelFootage', () => {
  // boxes of 0.4 and more; the rest is the letterbox: a square here, a rectangle of the video’s shape there
  it('finds in every 8th frame of a video what detect.py finds, and names files by the count of frames looked at', async () => {
    const { files, labels } = await label([samplePath('videos/horses.mp4')], { stride: 8 })
    expect(files).toMatchObject([{ frames: 15 }])
    const reference = referenceDetections('horses')
    const sum = { expected: 0, found: 0, given: 0, right: 0 }
    const names = await readdir(labels)
    expect(names).toHaveLength(15)
    for (const name of names) {
      const [, count] = /^horses_(\d+)\.txt$/.exec(name) ?? []
      const ours = await boxesIn(join(labels, name))
      const frame = compareFrame(reference.get((Number(count) - 1) * 8 + 1) ?? [], ours, 0.4)
      for (const key of ['expected', 'found', 'given', 'right'] as const) sum[key] += frame[key]
    }
    expect(sum.expected).toBeGreaterThan(50)
    expect(sum.found / sum.expected).toBeGreaterThanOrEqual(0.95)
    expect(sum.right / sum.given).toBeGreaterThanOrEqual(0.93)
  })

  it('labels pictures of several kinds alike, only the wanted classes, and tells which it cannot read', async () => {
    const folder = await tempDir()
    const photo = samplePath('coco128/images/000000000036.jpg')
    for (const kind of ['png', 'bmp']) await ffmpeg(['-i', photo, '-y', join(folder, `${kind}36.${kind}`)])
    await writeFile(join(folder, 'broken.jpg'), 'no picture')
    const { files, labels } = await label([photo, folder], { classes: ['0'] })
    const told = new Map(files.map(({ path, boxes, problem }) => [basename(path), problem ?? boxes]))
    expect(told.get('broken.jpg')).toMatch(/none of JPEG/)
    expect([told.get('000000000036.jpg'), told.get('png36.png'), told.get('bmp36.bmp')]).toEqual([1, 1, 1])
    expect((await readdir(labels)).sort()).toEqual(['000000000036.txt', 'bmp36.txt', 'png36.txt'])
    const [one, other] = await Promise.all(
      ['000000000036', 'png36'].map((stem) => boxesIn(join(labels, `${stem}.txt`))),
    )
    expect(compareFrame(one ?? [], other ?? [], 0.25)).toEqual({ expected: 1, found: 1, given: 1, right: 1 })
  })

  it('cuts every box out of the picture in its own pixels, and writes no label where only crops are wanted', async () => {
    const photo = samplePath('coco128/images/000000000036.jpg')
    const { files, labels, crops } = await label([photo], { parts: ['crops'] })
    expect(files).toMatchObject([{ boxes: 2, crops: 2, found: { person: 1, umbrella: 1 } }])
    await expect(readdir(labels)).rejects.toMatchObject({ code: 'ENOENT' })
    expect((await readdir(crops)).sort()).toEqual(['person', 'umbrella'])
    const cut = join(crops, 'person', '000000000036.jpg')
    const [line = ''] = (await readFile(join((await label([photo])).labels, '000000000036.txt'), 'utf8'))
      .split('\n')
      .filter((each) => each.startsWith('0 '))
    const [x = 0, y = 0, w = 0, h = 0] = line.split(' ').slice(1, 5).map(Number)
    const tools = await locateMediaTools()
    const shapeFor = ({ width, height }: { width: number; height: number }) =>
      ({ width: width + (width % 2), height: height + (height % 2), pixelFormat: 'gbrp' }) as const
    const [whole, part] = [
      await readImage(tools, photo, { shapeFor }),
      await readImage(tools, cut, { shapeFor }),
    ]
    expect(part.width).toBeGreaterThan(w * whole.width)
    expect(part.height).toBeGreaterThan(h * whole.height)
    // green in the middle of the crop is green in the middle of the box
    const mean = ({ width, data }: typeof whole, [atX, atY]: readonly [number, number]): number => {
      const stride = width + (width % 2)
      let sum = 0
      for (let row = -8; row < 8; row++)
        for (let column = -8; column < 8; column++)
          sum += data[(Math.round(atY) + row) * stride + Math.round(atX) + column] ?? 0
      return sum / 256
    }
    for (const [dx, dy] of [
      [0, 0],
      [0.2, -0.3],
      [-0.2, 0.3],
    ] as const) {
      const inWhole = [(x + dx * w) * whole.width, (y + dy * h) * whole.height] as const
      const corner = [
        Math.max(0, Math.trunc((x - (w * 1.02) / 2) * whole.width - 5)),
        Math.max(0, Math.trunc((y - (h * 1.02) / 2) * whole.height - 5)),
      ] as const
      expect(
        Math.abs(mean(whole, inWhole) - mean(part, [inWhole[0] - corner[0], inWhole[1] - corner[1]])),
      ).toBeLessThan(6)
    }
  })

  it('counts the crops of a video on from frame to frame', async () => {
    const { files, crops } = await label([samplePath('videos/horses.mp4')], { stride: 40, parts: ['crops'] })
    const [file] = files
    expect(file?.problem).toBeUndefined()
    expect(file?.crops).toBe(file?.boxes)
    const names = await Promise.all(
      (await readdir(crops)).map(async (name) => (await readdir(join(crops, name))).length),
    )
    expect(names.reduce((sum, count) => sum + count, 0)).toBe(file?.boxes)
    const horses = await readdir(join(crops, 'horse'))
    const expected = Array.from({ length: horses.length }, (_, at) => `horses${at === 0 ? '' : at + 1}.jpg`)
    expect(horses.sort()).toEqual(expected.sort())
  })

  it('refuses a class that the model does not know', async () => {
    const source = samplePath('coco128/images/000000000036.jpg')
    await expect(label([source], { classes: ['99'] })).rejects.toMatchObject({ code: 'spec_invalid' })
    await expect(label([source], { classes: ['hrose'] })).rejects.toMatchObject({ code: 'spec_invalid' })
  })
})
