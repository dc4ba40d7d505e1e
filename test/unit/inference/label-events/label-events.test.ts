import { mkdir, open, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { vidStrideOf } from '../../../../src/engines/docker/events-stage.ts'
import { boundedLines } from '../../../../src/inference/label-events/bounded-lines.ts'
import { ClassRegistry, readClassNames } from '../../../../src/inference/label-events/class-registry.ts'
import { coverLeft } from '../../../../src/inference/label-events/cover-left.ts'
import { parseDetectionLine } from '../../../../src/inference/label-events/detection-line.ts'
import { findLabels } from '../../../../src/inference/label-events/find-labels.ts'
import { timeFrames } from '../../../../src/inference/label-events/frame-times.ts'
import { gatherDetections } from '../../../../src/inference/label-events/gather.ts'
import { defaultLabelLimits } from '../../../../src/inference/label-events/limits.ts'
import type { LabelLimits } from '../../../../src/inference/label-events/limits.ts'
import { matchSource, matchStem } from '../../../../src/inference/label-events/match-source.ts'
import { readLeftFile } from '../../../../src/inference/label-events/open-left-file.ts'
import { parseLabelLine } from '../../../../src/inference/label-events/parse-labels.ts'
import { Problems, quoted } from '../../../../src/inference/label-events/problems.ts'
import { formatLabels } from '../../../../src/inference/labels/format-labels.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const box = [0.5, 0.5, 0.1, 0.1] as const
const limitsOf = (changes: Partial<LabelLimits>): LabelLimits => ({ ...defaultLabelLimits, ...changes })
const said = (problems: Problems): string[] => problems.told.map(({ message }) => message)

describe('a line of a label file', () => {
  it('is a box with its score, or with 1 where it has none', () => {
    expect(parseLabelLine('17 0.5 0.5 0.1 0.1 0.87')).toEqual({ classId: 17, score: 0.87, box: [...box] })
    expect(parseLabelLine(' 0\t0.5 5e-01 .1 0.1\r')).toEqual({ classId: 0, score: 1, box: [...box] })
  })

  it.each([
    ['0 0.5', /has 2 fields/],
    ['0 0.1 0.1 0.2 0.2 0.3 0.3 0.4 0.4', /has more than 7 fields/],
    ['0 0.5 0.5 0.1 0.1 1.5', /a score that is not within 0 and 1/],
    ['-1 0.5 0.5 0.1 0.1', /a class that is none of 0 to 9999/],
    ['1.5 0.5 0.5 0.1 0.1', /a class/],
    ['0 0.5 0.5 -0.1 0.1', /a size/],
    ['0 320 240 50 50', /a centre that is outside/],
    ['0 NaN 0.5 0.1 0.1', /no number/],
    ['0 Infinity 0.5 0.1 0.1', /no number/],
    ['0 0x1 0.5 0.1 0.1', /no number/],
  ])('is told what is wrong with it: %s', (line, problem) => {
    expect(parseLabelLine(line)).toMatch(problem)
  })

  it('is read back as it was written, up to the pixel', () => {
    const part = fc.double({ min: 0.3, max: 0.7, noNaN: true })
    const side = fc.double({ min: 0.05, max: 0.4, noNaN: true })
    const score = fc.double({ min: 0.01, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.tuple(part, part, side, side), score, (placed, sure) => {
        const size = { width: 1280, height: 720, withScores: true }
        const read = parseLabelLine(formatLabels([{ classId: 3, score: sure, box: placed }], size))
        if (typeof read === 'string') throw new Error(read)
        expect(read.classId).toBe(3)
        expect(Math.abs(read.score - sure)).toBeLessThan(1e-5)
        for (const [index, value] of placed.entries())
          expect(Math.abs((read.box[index] ?? 0) - value)).toBeLessThan(1 / 720)
      }),
    )
  })

  it('is never an exception, whatever it holds', () => {
    fc.assert(fc.property(fc.string(), (line) => ['string', 'object'].includes(typeof parseLabelLine(line))))
  })
})

describe('a line of a detections.jsonl', () => {
  const line = { source: 'gate.mp4', frame: 3, detections: [{ class: 'person', score: 0.9, box }] }
  const problemOf = (value: unknown): string => {
    const parsed = parseDetectionLine(JSON.stringify(value), false)
    return parsed.kind === 'problem' ? parsed.problem : parsed.kind
  }

  it('tells a frame by number or time, and classes by name or number', () => {
    expect(problemOf(line)).toBe('frame')
    const { frame: _, ...rest } = line
    expect(problemOf({ ...rest, seconds: 1.5, detections: [{ classId: 2, box }] })).toBe('frame')
  })

  it('may be a header with class names, as the first', () => {
    expect(parseDetectionLine('{"names":["gate","van"]}', true)).toMatchObject({ kind: 'header' })
    expect(parseDetectionLine('{"names":{"0":"gate"}}', true)).toMatchObject({ kind: 'header' })
    expect(parseDetectionLine('{"names":["gate","van"]}', false)).toMatchObject({ kind: 'problem' })
  })

  it.each([
    [{ ...line, seconds: 1 }, /frame by frame or by seconds, one of them/],
    [{ source: 'a', detections: [] }, /frame by frame or by seconds/],
    [{ ...line, frame: 0 }, /frame/],
    [{ ...line, colour: 'red' }, /colour/],
    [{ ...line, detections: [{ box }] }, /class by class or by classId/],
    [{ ...line, detections: [{ class: 'a', classId: 1, box }] }, /one of them/],
    [{ ...line, detections: [{ class: 'a', box: [320, 200, 10, 10] }] }, /outside the picture/],
    [{ ...line, detections: [{ class: 'a', box: [0.5, 0.5, 0.1] }] }, /detections\.0\.box/],
    [[1, 2], /./],
    [null, /./],
  ])('is told what is wrong with it: %j', (value, problem) => {
    expect(problemOf(value)).toMatch(problem)
  })

  it('is not JSON', () => {
    expect(parseDetectionLine('{"source":', false)).toEqual({ kind: 'problem', problem: 'is no JSON' })
  })
})

describe('what a container left is read within bounds:', () => {
  it('of lines as many bytes as are allowed, the next all the same', async () => {
    const path = join(await tempDir(), 'lines')
    await writeFile(path, `a\n${'x'.repeat(200_000)}\n\nlast`)
    const file = await open(path)
    const lines: unknown[] = []
    for await (const one of boundedLines(file, { maxLineBytes: 100, maxBytes: 1e6 })) lines.push(one)
    expect(lines).toEqual([
      { number: 1, text: 'a' },
      { number: 2, text: undefined },
      { number: 3, text: '' },
      { number: 4, text: 'last' },
    ])
    const few: unknown[] = []
    for await (const one of boundedLines(file, { maxLineBytes: 100, maxBytes: 1 })) few.push(one)
    expect(few).toEqual([{ number: 1, text: 'a' }])
    await file.close()
  })

  it('of lines of any shape what splitting gives', async () => {
    const path = join(await tempDir(), 'lines')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\n', ''))),
        async (all) => {
          await writeFile(path, all.map((text) => `${text}\n`).join(''))
          const file = await open(path)
          const read: (string | undefined)[] = []
          for await (const { text } of boundedLines(file, { maxLineBytes: 1000, maxBytes: 1e6 }))
            read.push(text)
          await file.close()
          expect(read).toEqual(all.map((text) => Buffer.from(text).toString()))
        },
      ),
      { numRuns: 30 },
    )
  })

  it('of files as many as are allowed, and no folder deeper', async () => {
    const root = await tempDir()
    await mkdir(join(root, 'labels/a/b/c'), { recursive: true })
    for (let frame = 1; frame <= 30; frame++) await writeFile(join(root, `labels/gate_${frame}.txt`), '')
    const problems = new Problems()
    const limits = limitsOf({ entries: 20, depth: 16 })
    const { folders } = await findLabels([{ path: root, name: 'outputs' }], { limits, problems })
    expect(folders[0]!.stems.get('gate')?.size ?? 0).toBeLessThan(20)
    expect(said(problems)).toEqual(['there are more than 20 files; the rest is not looked at'])
    const deep = new Problems()
    await findLabels([{ path: root, name: 'outputs' }], { limits: limitsOf({ depth: 2 }), problems: deep })
    expect(said(deep)).toEqual(['folders deeper than 2 are not looked at: "outputs/labels/a/b"'])
  })

  it('of boxes as many as are allowed in a frame, the best, and in all', async () => {
    const root = await tempDir()
    await mkdir(join(root, 'labels'))
    const boxes = Array.from({ length: 9 }, (_, index) => `0 0.5 0.5 0.1 0.1 0.${index + 1}\n`).join('')
    for (const frame of [1, 2, 3]) await writeFile(join(root, `labels/gate_${frame}.txt`), boxes)
    const problems = new Problems()
    const limits = limitsOf({ boxesPerFrame: 2, boxes: 4 })
    const found = await findLabels([{ path: root, name: 'outputs' }], { limits, problems })
    const sources = [{ source: 'videos/gate.mp4', path: '/gate.mp4' }]
    const gathered = await gatherDetections(
      found,
      { sources, classes: new ClassRegistry(), limits, problems },
      {},
    )
    const gate = gathered.get('videos/gate.mp4')!
    const frames = await gate.read({})
    expect(frames.map(({ detections }) => detections.map(({ score }) => score))).toEqual([
      [0.9, 0.8],
      [0.9, 0.8],
    ])
    expect(said(gate.problems)).toEqual([
      'of a frame the best 2 boxes count; there are more: "gate_1.txt"; "gate_2.txt"; "gate_3.txt"',
      'there are more than 4 boxes; the rest is not read: "gate_3.txt"',
    ])
  })

  it('of files none that is a link, or too long', async () => {
    const root = await tempDir()
    await writeFile(join(root, 'long'), 'x'.repeat(11))
    await symlink('/etc/passwd', join(root, 'link'))
    expect(await readLeftFile(join(root, 'long'), 10)).toEqual({
      problem: 'is longer than 10 bytes, and is not read',
    })
    expect(await readLeftFile(join(root, 'long'), 11)).toEqual({ text: 'x'.repeat(11) })
    for (const name of ['link', 'nothing', '.'])
      expect(await readLeftFile(join(root, name), 100)).toEqual({
        problem: 'is a link or no file, and is not read',
      })
  })

  it('of names no control characters', () => {
    expect(quoted('a\u001b[2J\n\u202e\u0085b')).toBe('"a\\u001b[2J\\n??b"')
    expect(quoted('x'.repeat(500)).length).toBeLessThan(150)
  })
})

describe('names of classes', () => {
  const namesIn = async (name: string, text: string): Promise<[readonly string[] | undefined, string[]]> => {
    const path = join(await tempDir(), name)
    await writeFile(path, text)
    const problems = new Problems()
    return [await readClassNames({ path, name }, { limits: defaultLabelLimits, problems }), said(problems)]
  }

  it('come from a classes.txt, or the names of a data.yaml, as a list or by numbers', async () => {
    const names = ['gate', 'van']
    expect(await namesIn('classes.txt', 'gate\r\nvan\n\n')).toEqual([names, []])
    expect(await namesIn('data.yaml', 'train: x\nnames: [gate, van]\n')).toEqual([names, []])
    expect(await namesIn('data.yaml', 'names:\n  0: gate\n  1: van\n')).toEqual([names, []])
  })

  it('are COCO’s where the file says none, which is told', async () => {
    for (const text of ['', '{', 'names: 3', 'a: &a [x]\nnames: *a'])
      expect(await namesIn('data.yaml', text)).toEqual([
        undefined,
        ['a file of class names names no classes; the numbers are taken for COCO’s: "data.yaml"'],
      ])
  })

  it('have COCO’s numbers, others the next', () => {
    const classes = new ClassRegistry()
    expect([classes.idOf('person'), classes.idOf('truck')]).toEqual([0, 7])
    expect([classes.idOf('forklift'), classes.idOf('forklift')]).toEqual([80, 80])
    expect(classes.idOfNumber(1, ['gate', 'person'])).toBe(0)
    expect(classes.names[classes.idOfNumber(500)]).toBe('class-500')
  })
})

describe('the video that is meant', () => {
  const sources = ['videos/north/gate.mp4', 'videos/south/gate.mp4', 'videos/yard.cam.mkv'].map((source) => ({
    source,
    path: `/${source}`,
  }))

  it.each([
    ['/videos/yard.cam.mkv', 'videos/yard.cam.mkv'],
    ['yard.cam.mkv', 'videos/yard.cam.mkv'],
    ['yard.cam', 'videos/yard.cam.mkv'],
    ['./south/gate.mp4', 'videos/south/gate.mp4'],
    ['gate.mp4', 'several'],
    ['hall.mp4', undefined],
  ])('by %s is %s', (called, source) => {
    const found = matchSource(called, sources)
    expect(typeof found === 'object' ? found.source : found).toBe(source)
  })

  it('is told by the folder of the labels where several have that name', () => {
    expect(matchStem('gate', sources, 'outputs/south/labels')).toMatchObject({
      source: 'videos/south/gate.mp4',
    })
    expect(matchStem('gate', sources, 'outputs/exp/labels')).toBe('several')
    expect(matchStem('yard.cam', sources, 'outputs/labels')).toMatchObject({ source: 'videos/yard.cam.mkv' })
  })
})

describe('frames', () => {
  const times = Array.from({ length: 100 }, (_, index) => 5 + index / 10)
  const at = (...frames: number[]) => frames.map((frame) => ({ at: { frame }, detections: [] }))

  it('have the times of the file, in their order', () => {
    const problems = new Problems()
    const { frames, everyNthFrame, stepSeconds } = timeFrames(at(3, 1, 100, 101), times, problems)
    expect(frames.map(({ seconds }) => seconds)).toEqual([5, 5.2, 14.9])
    expect([everyNthFrame, stepSeconds]).toEqual([1, expect.closeTo(0.1)])
    expect(said(problems)).toEqual([
      'frames that the video does not have are left out (it has 100, the last at 14.900 s): frame 101',
    ])
  })

  it('at multiples only were looked at with a stride', () => {
    const every = (n: number, from: number) =>
      at(...Array.from({ length: 9 }, (_, index) => from + n * index))
    expect(timeFrames(every(5, 5), times, new Problems()).everyNthFrame).toBe(5)
    expect(timeFrames(every(4, 1), times, new Problems()).everyNthFrame).toBe(4)
    expect(timeFrames([...every(4, 1), ...at(2)], times, new Problems()).everyNthFrame).toBe(1)
    expect(timeFrames(at(10, 20), times, new Problems()).everyNthFrame).toBe(1)
    const bySeconds = times
      .filter((_, index) => index % 5 === 0)
      .map((seconds) => ({ at: { seconds }, detections: [] }))
    expect(timeFrames(bySeconds, times, new Problems()).everyNthFrame).toBe(5)
  })
})

describe('frames of detect.py --vid-stride', () => {
  const times = Array.from({ length: 100 }, (_, index) => index / 10)
  const left = [1, 2, 20].map((frame) => ({ at: { frame }, detections: [] }))

  it('are counted as they were looked at: the n-th is the n x stride-th of the file', () => {
    const { frames, everyNthFrame, isCounted } = timeFrames(left, times, new Problems(), 5)
    expect(frames.map(({ seconds }) => seconds)).toEqual([0.4, 0.9, 9.9])
    expect([everyNthFrame, isCounted]).toEqual([5, true])
  })

  it('are the file’s own where they go on beyond that', () => {
    const more = [...left, { at: { frame: 21 }, detections: [] }]
    const { frames, isCounted } = timeFrames(more, times, new Problems(), 5)
    expect(frames.map(({ seconds }) => seconds)).toEqual([0, 0.1, 1.9, 2])
    expect(isCounted).toBe(false)
  })

  it('are told of by the command of the container', () => {
    const of = (...command: string[]): number | undefined => vidStrideOf({ command })
    expect(of('python', 'detect.py', '--vid-stride', '5')).toBe(5)
    expect(of('sh', '-c', 'python detect.py --vid-stride=12 --save-txt')).toBe(12)
    expect(of('python', 'detect.py')).toBeUndefined()
  })
})

describe('what was analysed', () => {
  const footage = { startSeconds: 0, endSeconds: 20 }
  const scan = { endSeconds: 20 }
  const frames = [{ seconds: 7.4, detections: [] }]
  const timed = { frames, everyNthFrame: 1, isCounted: false, stepSeconds: 0.1 }
  const why = { code: 'exit_code', message: 'broken off' } as const
  const nothing = { scan, truncated: undefined, brokenOff: undefined, missing: undefined }

  it('is all, where a detector came to its end, whether it saw something or not', () => {
    for (const each of [timed, undefined])
      expect(coverLeft(footage, { ...nothing, timed: each })).toEqual({ processed: [footage], gaps: [] })
  })

  it('ends with the last frame of one that did not, and with the file', () => {
    expect(coverLeft(footage, { ...nothing, timed, brokenOff: why })).toEqual({
      processed: [{ startSeconds: 0, endSeconds: 7.5 }],
      gaps: [{ startSeconds: 7.5, endSeconds: 20, reason: why }],
    })
    expect(coverLeft(footage, { ...nothing, timed: undefined, brokenOff: why }).processed).toEqual([])
    const truncated = { code: 'truncated', message: 'cut' } as const
    expect(coverLeft(footage, { ...nothing, scan: { endSeconds: 12 }, timed, truncated })).toEqual({
      processed: [{ startSeconds: 0, endSeconds: 12 }],
      gaps: [{ startSeconds: 12, endSeconds: 20, reason: truncated }],
    })
  })
})
