import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { describeRuntimeApart, runProgram } from '../../../src/inference/index.ts'
import type { ProgramRequest } from '../../../src/inference/index.ts'
import { locateMediaTools } from '../../../src/media/index.ts'
import { detectSettings } from '../../support/detect-settings.ts'
import { eventually } from '../../support/eventually.ts'
import { runningProcesses } from '../../support/processes.ts'
import type { RunningProcess } from '../../support/processes.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

const programText = 'inference/program/main'

async function requestFor(video: string, changes: Partial<ProgramRequest> = {}): Promise<ProgramRequest> {
  return {
    sources: [{ source: video, path: samplePath(`videos/${video}`) }],
    model: { path: samplePath('models/yolov5n.onnx'), name: 'yolov5n' },
    settings: detectSettings(),
    threads: 1,
    outputsDir: await tempDir(),
    completed: [],
    tools: await locateMediaTools(),
    ...changes,
  }
}

/** Work that takes minutes: every frame of a long video. */
const longRequest = (): Promise<ProgramRequest> =>
  requestFor('one-by-one-person-detection.mp4', { settings: detectSettings({ sampleFps: 100 }) })

async function programOf(parent: number): Promise<RunningProcess | undefined> {
  return (await runningProcesses(programText)).find((process) => process.parent === parent)
}

/** The program and the ffmpeg processes that it started, as soon as it decodes. */
async function familyOf(program: RunningProcess): Promise<readonly number[]> {
  return eventually(async () => {
    const children = (await runningProcesses('ffmpeg')).filter(({ parent }) => parent === program.pid)
    return (
      children.some(({ command }) => command.includes('rawvideo')) &&
      [program, ...children].map(({ pid }) => pid)
    )
  })
}

async function expectGone(pids: readonly number[]): Promise<void> {
  await eventually(async () => !(await runningProcesses('')).some(({ pid }) => pids.includes(pid)))
}

describe('the inference program', () => {
  it('runs an analysis apart, tells of it, and ends', async () => {
    const request = await requestFor('horses.mp4')
    const sources: string[] = []
    const totals = await runProgram(request, {
      log: new QuietLog(),
      onFragment: ({ source }, isEarlier) => sources.push(`${source} ${String(isEarlier)}`),
    })
    expect(totals).toMatchObject({ filesRead: 1, filesTotal: 1, events: 1, clips: 1, bytesRead: 937_933 })
    expect(totals.secondsRead).toBeCloseTo(4, 1)
    expect(sources).toEqual(['horses.mp4 false'])
    expect(await readFile(join(request.outputsDir, 'events.json'), 'utf8')).toContain('"horses.mp4"')
    expect(await programOf(process.pid)).toBeUndefined()
  })

  it('passes its errors on with code and hint', async () => {
    const request = await requestFor('horses.mp4', {
      model: { path: samplePath('models/v5lite-s.pt'), name: 'x' },
    })
    await expect(runProgram(request, { log: new QuietLog() })).rejects.toMatchObject({
      code: 'model_invalid',
      message: expect.stringContaining('YOLOv5-Lite') as string,
      hint: expect.stringContaining('export.py') as string,
    })
  })

  it('tells which runtime there is', async () => {
    const runtime = await describeRuntimeApart(new QuietLog())
    expect(runtime.version).toMatch(/^\d+\.\d+/)
    expect(runtime.providers).toContain('cpu')
  })

  it.each(['SIGSEGV', 'SIGKILL'] as const)(
    'is an error and nothing more when it dies of %s',
    async (signal) => {
      const run = runProgram(await longRequest(), { log: new QuietLog() })
      const ended = expect(run).rejects.toMatchObject({
        code: 'engine_crashed',
        message: expect.stringContaining(signal) as string,
      })
      const program = await eventually(() => programOf(process.pid))
      const family = await familyOf(program)
      process.kill(program.pid, signal)
      await ended
      await expectGone(family)
    },
  )

  it('ends with its ffmpeg processes when it is aborted, and rejects with the reason', async () => {
    const aborter = new AbortController()
    const reason = new Error('enough')
    const run = runProgram(await longRequest(), { log: new QuietLog() }, { signal: aborter.signal })
    const ended = expect(run).rejects.toBe(reason)
    const program = await eventually(() => programOf(process.pid))
    const family = await familyOf(program)
    aborter.abort(reason)
    await ended
    await expectGone(family)
  })

  it('ends when it is stopped and does not answer', async () => {
    const aborter = new AbortController()
    const run = runProgram(await longRequest(), { log: new QuietLog() }, { signal: aborter.signal })
    const ended = expect(run).rejects.toThrow('enough')
    const program = await eventually(() => programOf(process.pid))
    const family = await familyOf(program)
    process.kill(program.pid, 'SIGSTOP')
    aborter.abort(new Error('enough'))
    await ended
    await expectGone(family)
  })

  it('does not outlive its parent', async () => {
    const request = join(await tempDir(), 'request.json')
    await writeFile(request, JSON.stringify(await longRequest()))
    const script = fileURLToPath(new URL('../../fixtures/inference-parent.ts', import.meta.url))
    const parent = spawn(process.execPath, [script, request], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => {
      parent.kill('SIGKILL')
    })
    await new Promise((resolve) => parent.stdout.once('data', resolve))
    const program = await eventually(() => programOf(parent.pid ?? 0))
    const family = await familyOf(program)
    parent.kill('SIGKILL')
    await expectGone(family)
  })
})
