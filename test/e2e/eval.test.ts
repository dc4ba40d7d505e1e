import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { tmpdir } from 'node:os'
import { runEdge } from '../support/cluster.ts'

const truth = join(import.meta.dirname, '..', '..', 'examples', 'eval', 'truth.yaml')

/** An events.json with one event in each named file, as if seen from 0.2 to 3.5 s. */
async function eventsIn(place: string, sources: readonly string[]): Promise<string> {
  const path = join(place, 'events.json')
  const policy = {
    classes: [],
    minScore: 0.4,
    minDurationSeconds: 0.6,
    mergeGapSeconds: 3,
    preRollSeconds: 1,
    postRollSeconds: 1,
  }
  const events = sources.map((source, index) => ({
    id: String(index),
    source,
    label: 'horse',
    asked: { startSeconds: 0.2, endSeconds: 3.5 },
    actual: null,
    wallStart: null,
    classes: ['horse'],
    tracks: [],
    peakScore: 0.9,
    peakSeconds: 1,
    clip: null,
    thumbnail: null,
  }))
  const document = { format: 'edge/events/v1', model: { name: 'm', sha256: '0' }, policy, events }
  await writeFile(path, JSON.stringify(document))
  return path
}

async function place(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-eval-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

describe('edge eval', () => {
  it('judges events by the example truth, as JSON', async () => {
    const events = await eventsIn(await place(), ['videos/horses.mp4'])
    const { code, stdout } = await runEdge(['eval', '--truth', truth, '--events', events, '--json'])
    expect(code).toBe(0)
    const { total } = JSON.parse(stdout) as {
      total: { recall: number; coverage: number; falsePerHour: number }
    }
    expect(total).toMatchObject({ recall: 1, precision: 1, falsePerHour: 0 })
    expect(total.coverage).toBeCloseTo(3.3 / 3.9)
  })

  it('ends with 0 when every bound is kept and with 1 when one is missed, naming it', async () => {
    const events = await eventsIn(await place(), ['videos/horses.mp4', 'videos/empty_savanna_106x60.mp4'])
    const bounded = (...bounds: string[]) =>
      runEdge(['eval', '--truth', truth, '--events', events, ...bounds])
    const kept = await bounded('--min-recall', '0.9', '--min-precision', '0.5')
    expect(kept.code).toBe(0)
    const missed = await bounded('--min-recall', '0.9', '--max-false-per-hour', '1')
    expect(missed.code).toBe(1)
    expect(missed.stdout).toMatch(/MISSED +--max-false-per-hour/)
    expect(missed.stdout).toMatch(/false +empty_savanna_106x60\.mp4/)
  })

  it('makes the truth of label files', async () => {
    const folder = await place()
    const events = await eventsIn(folder, ['videos/gate.mp4'])
    await mkdir(join(folder, 'labels'))
    for (let frame = 1; frame <= 40; frame++)
      await writeFile(join(folder, 'labels', `gate_${frame}.txt`), '17 0.5 0.5 0.2 0.2 0.8\n')
    const args = [
      'eval',
      '--against-labels',
      join(folder, 'labels'),
      '--events',
      events,
      '--fps',
      '10',
      '--json',
    ]
    const { code, stdout } = await runEdge(args)
    expect(code).toBe(0)
    const { sources } = JSON.parse(stdout) as { sources: { startError: { median: number } }[] }
    expect(sources).toMatchObject([{ source: 'gate', recall: 1, precision: 1 }])
    expect(sources[0]?.startError.median).toBeCloseTo(0.2)
  })

  it.each([
    ['no truth', ['--events', 'e.json'], 3],
    ['a bound out of range', ['--events', 'e.json', '--truth', 't', '--min-recall', '90'], 2],
    ['two truths', ['--events', 'e.json', '--truth', 't', '--against-labels', 'l'], 2],
    ['a truth that is none', ['--events', truth, '--truth', truth], 2],
  ])('says what is wrong with %s', async (_what, args, code) => {
    const ran = await runEdge(['eval', ...args])
    expect(ran.code).toBe(code)
    expect(ran.stderr).not.toBe('')
  })
})
