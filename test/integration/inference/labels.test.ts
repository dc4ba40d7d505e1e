import { readFile, readdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openModel } from '../../../src/inference/index.ts'
import { findFootage, labelFootage } from '../../../src/inference/labels/index.ts'
import { locateMediaTools } from '../../../src/media/index.ts'
import { compareFrame, referenceDetections, type ScoredBox } from '../../support/reference-detections.ts'
import { ffmpeg } from '../../support/make-video.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function label(
  sources: readonly string[],
  options: { stride?: number; classes?: readonly string[] } = {},
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
    withScores: true,
  })
  return { files, labels: join(folder, 'labels') }
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

  it('refuses a class that the model does not know', async () => {
    const source = samplePath('coco128/images/000000000036.jpg')
    await expect(label([source], { classes: ['99'] })).rejects.toMatchObject({ code: 'spec_invalid' })
    await expect(label([source], { classes: ['hrose'] })).rejects.toMatchObject({ code: 'spec_invalid' })
  })
})
