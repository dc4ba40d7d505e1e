import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readLabels, rulesOfPolicy, truthDocumentOf } from '../../../../src/inference/evaluation/index.ts'
import { truthOfLabels } from '../../../../src/inference/evaluation/labels-to-truth.ts'
import { SignificancePolicy } from '../../../../src/domain/index.ts'
import { samplePath } from '../../../support/sample.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const rules = rulesOfPolicy(SignificancePolicy.parse({ classes: ['person', 'dog'] }))

function frames(name: string, from: number, to: number, score = 0.8) {
  const list = []
  for (let seconds = from; seconds <= to + 1e-9; seconds += 0.1)
    list.push({ seconds, bestScores: new Map([[name, score]]) })
  return list
}

describe('truthOfLabels', () => {
  it('makes one event of what is seen again within the gap, and two of what is not', () => {
    const events = truthOfLabels(
      [...frames('person', 0, 2), ...frames('dog', 4, 6), ...frames('person', 20, 22)],
      rules,
    )
    expect(events).toHaveLength(2)
    expect(events[0]).toMatchObject({ startSeconds: 0, classes: ['dog', 'person'] })
    expect(events[0]?.endSeconds).toBeCloseTo(6)
    expect(events[1]?.startSeconds).toBeCloseTo(20)
  })

  it.each([
    ['of another class', frames('car', 0, 5)],
    ['too short', frames('person', 0, 0.4)],
    ['too weak', frames('person', 0, 5, 0.3)],
  ])('makes nothing of what is %s', (_what, labelled) => {
    expect(truthOfLabels(labelled, rules)).toEqual([])
  })
})

describe('readLabels', () => {
  it('reads text files with and without scores, of several videos', async () => {
    const folder = join(await tempDir(), 'labels')
    await mkdir(folder)
    await writeFile(join(folder, 'gate_2_12.txt'), '0 0.5 0.5 0.1 0.2 0.91\n16 0.5 0.5 0.1 0.2 0.3\n')
    await writeFile(join(folder, 'yard_1.txt'), '2 0.5 0.5 0.1 0.2\n')
    await writeFile(join(folder, 'classes.txt'), 'person\n')
    const videos = await readLabels(folder)
    expect(videos.map(({ stem }) => stem)).toEqual(['gate_2', 'yard'])
    expect(videos[0]?.frames.get(12)).toEqual([
      { classId: 0, score: 0.91 },
      { classId: 16, score: 0.3 },
    ])
    expect(videos[1]?.frames.get(1)).toEqual([{ classId: 2, score: 1 }])
  })

  it('reads JSON lines, and an empty file as footage without anything', async () => {
    const [horses] = await readLabels(samplePath('reference-detections/horses.jsonl'))
    expect(horses?.frames.size).toBeGreaterThan(50)
    const videos = await readLabels(samplePath('reference-detections/empty_savanna_106x60.jsonl'))
    const truth = truthDocumentOf({
      videos,
      rules,
      classNames: [],
      timesOf: () => ({ startSeconds: 0, framesPerSecond: 10 }),
    })
    expect(truth.sources).toEqual([{ source: 'empty_savanna_106x60', events: [] }])
  })

  it.each(['person 0.5 0.5 0.1 0.1', '0 0.5 0.5', '0.5 0.5 0.5 0.1 0.1'])(
    'refuses %j and names the file',
    async (line) => {
      const folder = await tempDir()
      await writeFile(join(folder, 'gate_1.txt'), `${line}\n`)
      await expect(readLabels(folder)).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining('gate_1.txt') as string,
      })
    },
  )

  it('refuses a folder without labels', async () => {
    await expect(readLabels(await tempDir())).rejects.toMatchObject({ code: 'input_empty' })
  })
})

describe('truthDocumentOf', () => {
  it('does not guess when frames are shown', async () => {
    const videos = await readLabels(samplePath('reference-detections/horses.jsonl'))
    expect(() => truthDocumentOf({ videos, rules, classNames: [], timesOf: () => undefined })).toThrow(
      /horses/,
    )
  })
})
