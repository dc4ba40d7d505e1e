import { mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EventsDocument, LedgerDocument } from '../../../src/domain/index.ts'
import { runLabelProgram } from '../../../src/inference/index.ts'
import { labelEvents } from '../../../src/inference/label-events/index.ts'
import { labelInit, leaveLabels, leftLines, sixPeople } from '../../support/left-labels.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

const spans = ({ events }: EventsDocument): number[][] =>
  events.map(({ tracks }) => [
    Math.round(Math.min(...tracks.map(({ firstSeconds }) => firstSeconds))),
    Math.round(Math.max(...tracks.map(({ lastSeconds }) => lastSeconds))),
  ])
/** Six people come one by one and go, as in reference-events.test.ts. */
const six = [
  [6, 20],
  [23, 45],
  [50, 70],
  [75, 87],
  [92, 120],
  [124, 136],
]

describe('events of label files', () => {
  it('are those of what detect.py saw, with clips that hold them and far fewer bytes than the footage', async () => {
    const root = await tempDir()
    await leaveLabels(join(root, 'exp/labels'))
    const init = await labelInit(root)
    const { events, ledger } = await labelEvents(init)
    expect(spans(events)).toEqual(six)
    for (const { asked, actual, clip, thumbnail } of events.events) {
      expect(actual!.startSeconds).toBeLessThanOrEqual(asked.startSeconds)
      expect(actual!.endSeconds).toBeGreaterThanOrEqual(asked.endSeconds)
      for (const name of [clip, thumbnail])
        expect((await stat(join(init.outputsDir, name!))).size).toBeGreaterThan(1000)
    }
    const [source] = ledger.sources
    expect(source).toMatchObject({ events: 6, clips: 6, gaps: [] })
    expect(source!.detections).toMatchObject({ from: ['outputs/exp/labels'], everyNthFrame: 1 })
    expect(ledger.problems).toBeUndefined()
    expect(source!.problems).toBeUndefined()
    const read = async (name: string): Promise<unknown> =>
      JSON.parse(await readFile(join(init.outputsDir, name), 'utf8'))
    expect(EventsDocument.parse(await read('events.json'))).toEqual(events)
    expect(LedgerDocument.parse(await read('ledger.json'))).toEqual(ledger)
  })

  it('are the same without scores, as a detections.jsonl by frames or times, and from the program', async () => {
    const [plain, lines] = [await tempDir(), await tempDir()]
    await leaveLabels(join(plain, 'labels'), { withScores: false })
    await mkdir(join(lines, 'deep/er'), { recursive: true })
    await writeFile(join(lines, 'deep/er/detections.jsonl'), leftLines(sixPeople.file))
    expect(spans((await labelEvents(await labelInit(plain))).events)).toEqual(six)
    const byFrames = await labelEvents(await labelInit(lines))
    expect(spans(byFrames.events)).toEqual(six)
    expect(byFrames.ledger.sources[0]!.detections!.from).toEqual(['outputs/deep/er/detections.jsonl'])
    await writeFile(
      join(lines, 'deep/er/detections.jsonl'),
      leftLines('/videos/' + sixPeople.file, 'seconds'),
    )
    const byTimes = await labelEvents(await labelInit(lines))
    expect(byTimes.events.events).toEqual(byFrames.events.events)
    await writeFile(join(lines, 'deep/er/detections.jsonl'), leftLines(sixPeople.file))
    const init = await labelInit(lines)
    const totals = await runLabelProgram(
      { ...init, sources: [...init.sources], roots: [...init.roots], brokenOff: undefined },
      { log: new QuietLog() },
    )
    expect(totals).toMatchObject({ filesRead: 1, filesTotal: 1, events: 6, clips: 6 })
    expect(totals.bytesRead).toBe((await stat(samplePath(`videos/${sixPeople.file}`))).size)
    const told = await readFile(join(init.outputsDir, 'events.json'), 'utf8')
    expect(JSON.parse(told)).toEqual(byFrames.events)
  })

  it('are found where only every 5th frame was looked at, which the ledger says', async () => {
    const root = await tempDir()
    await leaveLabels(join(root, 'labels'), { takes: (frame) => frame % 5 === 0 })
    const { events, ledger } = await labelEvents(await labelInit(root))
    expect(events.events).toHaveLength(6)
    expect(ledger.sources[0]!.detections!.everyNthFrame).toBe(5)
  })
})

describe('what is wrong with label files', () => {
  it('is told in the ledger, each kind with its places, and what is right counts all the same', async () => {
    const root = await tempDir()
    const labels = join(root, 'labels')
    await leaveLabels(labels)
    const stem = sixPeople.reference
    await writeFile(join(labels, `${stem}_1.txt`), '0 0.5 0.5\n0 0.5 0.5 0.1 x\n0 7 0.5 0.1 0.1 0.9\n')
    await writeFile(join(labels, `${stem}_999999.txt`), '0 0.5 0.5 0.1 0.1 0.9\n')
    await writeFile(join(labels, 'yard_1.txt'), '0 0.5 0.5 0.1 0.1 0.9\n')
    await writeFile(join(labels, 'a picture.txt'), '0 0.5 0.5 0.1 0.1 0.9\n')
    const wanted = { classes: ['person', 'persn'] }
    const { events, ledger } = await labelEvents(await labelInit(root, { wanted }))
    expect(events.events).toHaveLength(6)
    const own = ledger.sources[0]!.problems!.map(({ message }) => message)
    expect(own[0]).toContain(
      `lines that cannot be read are left out: "${stem}_1.txt", line 1, has 3 fields, not class, xc, yc, w, h and perhaps a score`,
    )
    expect(own[0]).toContain('line 2, has what is no number')
    expect(own[0]).toContain('line 3, has a centre that is outside the picture (0..1)')
    expect(own[1]).toContain('frames that the video does not have are left out (it has 1')
    const all = ledger.problems!.map(({ message }) => message)
    expect(all).toEqual([
      'label files that name no frame of a video (<video>_<frame>.txt): "outputs/labels/a picture.txt"',
      'label files that match no input video: "outputs/labels/yard_*.txt"',
      'classes of the policy that no detection and no names file has: "persn", perhaps "person"',
    ])
  })

  it('is that there are none: all is a gap with the reason', async () => {
    const { events, ledger } = await labelEvents(await labelInit(await tempDir()))
    expect(events.events).toEqual([])
    const reason = {
      code: 'labels_missing',
      message: 'there is neither a folder labels nor a detections.jsonl in outputs',
    }
    expect(ledger.problems).toEqual([reason])
    expect(ledger.sources[0]).toMatchObject({ processed: [], gaps: [{ reason }] })
  })

  it('is that the detector broke off: what comes after its last frame is a gap', async () => {
    const root = await tempDir()
    await leaveLabels(join(root, 'labels'), { takes: (frame) => frame < 600 })
    const brokenOff = { code: 'exit_code' as const, message: 'the container ended with exit code 3' }
    const { ledger } = await labelEvents(await labelInit(root, { brokenOff }))
    const { processed, gaps, durationSeconds } = ledger.sources[0]!
    expect(gaps).toHaveLength(1)
    expect(gaps[0]!.reason).toEqual(brokenOff)
    const sum = [...processed, ...gaps].reduce((all, one) => all + one.endSeconds - one.startSeconds, 0)
    expect(sum).toBeCloseTo(durationSeconds, 5)
  })

  it('is never followed out of the outputs, however links are planted', async () => {
    const [root, elsewhere] = [await tempDir(), await tempDir()]
    await leaveLabels(join(elsewhere, 'labels'))
    await writeFile(join(elsewhere, 'detections.jsonl'), leftLines(sixPeople.file))
    await symlink(join(elsewhere, 'labels'), join(root, 'labels'))
    await symlink(join(elsewhere, 'detections.jsonl'), join(root, 'detections.jsonl'))
    await mkdir(join(root, 'exp/labels'), { recursive: true })
    const [name] = await readdir(join(elsewhere, 'labels'))
    await symlink(join(elsewhere, 'labels', name!), join(root, 'exp/labels', name!))
    const { events, ledger } = await labelEvents(await labelInit(root))
    expect(events.events).toEqual([])
    expect(ledger.problems![0]!.message).toBe(
      `links and special files are not read: "outputs/detections.jsonl"; "outputs/labels"; "outputs/exp/labels/${name!}"`,
    )
  })
})
