import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { OnnxEngineSpec } from '../../../../src/domain/index.ts'
import { jobOf, recordedWork } from '../../../conformance/engine.ts'
import { eventually } from '../../../support/eventually.ts'
import { testOnnxEngine, videosAt } from '../../../support/onnx-engine.ts'
import { runningProcesses } from '../../../support/processes.ts'
import { samplePath } from '../../../support/sample.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const spec = (changes: object = {}): OnnxEngineSpec =>
  OnnxEngineSpec.parse({ type: 'onnx', sampleFps: 1, ...changes })
const never = new AbortController().signal

async function folderOf(...samples: string[]): Promise<string> {
  const folder = await tempDir()
  for (const sample of samples) await copyFile(samplePath(`videos/${sample}`), join(folder, sample))
  return folder
}

describe('the onnx engine', () => {
  it('tells runtime and ffmpeg in one line', async () => {
    const { available, detail } = await (await testOnnxEngine()).status()
    expect(available).toBe(true)
    expect(detail).toMatch(/^ONNX Runtime \d+\.\S+ \(cpu.*\), ffmpeg \S+ \(\w+\)$/)
  })

  it.each([
    ['a model that is not there', { model: 'nowhere' }, /nowhere/],
    ['a file that is no model', { model: samplePath('models/v5lite-s.pt') }, /YOLOv5-Lite/],
    ['a class the model does not know', { policy: { classes: ['hrse'] } }, /did you mean horse/],
  ])('objects to %s', async (_what, changes, message) => {
    expect(await (await testOnnxEngine()).objection(jobOf(spec(changes)))).toEqual({
      code: 'model_unavailable',
      message: expect.stringMatching(message) as string,
    })
  })

  it('ends with exit code 1 and the reason when the model cannot be run', async () => {
    const engine = await testOnnxEngine()
    const work = await recordedWork(
      spec({ model: samplePath('models/v5lite-s.pt') }),
      videosAt(await folderOf('horses.mp4')),
    )
    const outcome = await engine.run(work, { signal: never })
    expect(outcome).toMatchObject({ exitCode: 1, reason: { code: 'engine_failed' }, scannedFiles: 0 })
    expect(
      work.lines
        .filter(({ stream }) => stream === 'stderr')
        .map(({ text }) => text)
        .join('\n'),
    ).toContain('YOLOv5-Lite')
  })

  it('ends with exit code 1 when the provider does not load', async () => {
    const engine = await testOnnxEngine()
    const provider = process.platform === 'darwin' ? 'cuda' : 'coreml'
    const work = await recordedWork(spec({ provider }), videosAt(await folderOf('horses.mp4')))
    expect(await engine.run(work, { signal: never })).toMatchObject({
      exitCode: 1,
      reason: { code: 'engine_failed', message: expect.stringContaining(provider) as string },
    })
  })

  it('ends with exit code 1 when there is no video, or none that can be read', async () => {
    const engine = await testOnnxEngine()
    const folder = await tempDir()
    await writeFile(join(folder, 'notes.txt'), 'hello')
    const empty = await recordedWork(spec(), videosAt(folder))
    expect(await engine.run(empty, { signal: never })).toMatchObject({
      exitCode: 1,
      reason: { code: 'input_empty' },
    })
    expect(empty.lines.map(({ text }) => text)).toEqual([expect.stringMatching(/^left out: notes\.txt/)])
    await writeFile(join(folder, 'broken.mp4'), 'no video')
    const broken = await recordedWork(spec(), videosAt(folder))
    expect(await engine.run(broken, { signal: never })).toMatchObject({
      exitCode: 1,
      reason: { code: 'unreadable' },
      scannedFiles: 0,
      scannedBytes: 0,
    })
    expect(await readFile(join(broken.outputsDir, 'ledger.json'), 'utf8')).toContain('not_a_video')
  })

  it('counts what could be read, prints a line for each file and reports progress', async () => {
    const folder = await folderOf('horses.mp4', 'empty_savanna_106x60.mp4')
    await writeFile(join(folder, 'broken.mp4'), '')
    const work = await recordedWork(spec(), videosAt(folder))
    const outcome = await (await testOnnxEngine()).run(work, { signal: never })
    expect(outcome).toMatchObject({
      exitCode: 0,
      scannedFiles: 2,
      scannedBytes: 937_933 + 38_464,
      events: 1,
      clips: 1,
    })
    const lines = work.lines.filter(({ stream }) => stream === 'stdout').map(({ text }) => text)
    expect(lines).toEqual([
      expect.stringMatching(/^videos\/broken\.mp4: 0 events, 0 clips .*empty_file/),
      expect.stringMatching(/^videos\/empty_savanna_106x60\.mp4: 0 events/),
      expect.stringMatching(
        /^videos\/horses\.mp4: 1 event, 1 clip \(horse.*\) in 4\.0 s of footage, 4 frames analysed/,
      ),
    ])
    expect(work.progress.at(-1)).toMatchObject({ filesDone: 3, filesTotal: 3, events: 1 })
  })

  it('goes on with the next file after its process died, and leaves what an unbroken run leaves', async () => {
    const engine = await testOnnxEngine()
    const folder = await folderOf('delayed_start_pts.mp4', 'horses.mp4', 'traffic_camera.mp4')
    const changes = { sampleFps: 0.5 }
    const broken = await recordedWork(spec(changes), videosAt(folder))
    const run = engine.run(broken, { signal: never }).then(
      () => 'ended',
      (error: unknown) => error,
    )
    await eventually(() => broken.checkpoints.size === 2)
    const program = (await runningProcesses('inference/program/main')).find(
      ({ parent }) => parent === process.pid,
    )
    process.kill(program!.pid, 'SIGKILL')
    expect(await run).toMatchObject({ code: 'engine_crashed' })

    const again = { ...broken, lines: [], progress: [] }
    const lines: string[] = []
    const outcome = await engine.run({ ...again, onLog: ({ text }) => lines.push(text) }, { signal: never })
    expect(lines.map((line) => line.includes('(done before)'))).toEqual([true, true, false])

    const unbroken = await recordedWork(spec(changes), videosAt(folder))
    expect(await engine.run(unbroken, { signal: never })).toEqual(outcome)
    const events = (directory: string): Promise<string> => readFile(join(directory, 'events.json'), 'utf8')
    expect(await events(broken.outputsDir)).toBe(await events(unbroken.outputsDir))
  })

  it('does a file anew that changed since, and leaves a checkpoint aside that it cannot read', async () => {
    const engine = await testOnnxEngine()
    const folder = await folderOf('horses.mp4')
    const work = await recordedWork(spec(), videosAt(folder))
    await engine.run(work, { signal: never })
    await copyFile(samplePath('videos/cup_pour.mp4'), join(folder, 'horses.mp4'))
    await work.checkpoint.put('file:other', { of: 'another version' })
    expect(await engine.run(work, { signal: never })).toMatchObject({ scannedBytes: 1_177_415 })
    expect(work.lines.some(({ text }) => text.includes('(done before)'))).toBe(false)
  })
})
