import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { JobSpec, Reason } from '../../src/domain/index.ts'
import type { EngineSpec, ExecutionId, LogLine, Progress } from '../../src/domain/index.ts'
import type { Engine, EngineWork, PreparedInput } from '../../src/ports/index.ts'
import { eventually } from '../support/eventually.ts'
import { tempDir } from '../support/temp-dir.ts'

/** An engine with work that it can do. */
export interface EngineSubject {
  readonly engine: Engine
  /** Ends with exit code 0. */
  readonly good: EngineSpec
  /** Runs until it is aborted. */
  readonly endless: EngineSpec
  /** What this engine cannot run, when there is such a thing. */
  readonly impossible?: EngineSpec
  readonly inputs: readonly PreparedInput[]
  /** Inputs for the endless work, when they are others. */
  readonly endlessInputs?: readonly PreparedInput[]
  /** Resolves when the endless work has begun. Default: it has begun at once. */
  readonly hasBegun?: (work: RecordedWork) => boolean
}

/** Work as an engine gets it, with what it said meanwhile. */
export interface RecordedWork extends EngineWork {
  readonly lines: readonly LogLine[]
  readonly progress: readonly Progress[]
  readonly checkpoints: ReadonlyMap<string, unknown>
}

const executionId = 'e-11111111-0000-4000-8000-000000000000' as ExecutionId

/** A job of this engine, with an input where the engine wants one. */
export function jobOf(engine: EngineSpec): JobSpec {
  return JobSpec.parse({ apiVersion: 'edge/v1', engine })
}

export async function recordedWork(
  spec: EngineSpec,
  inputs: readonly PreparedInput[],
): Promise<RecordedWork> {
  const lines: LogLine[] = []
  const progress: Progress[] = []
  const checkpoints = new Map<string, unknown>()
  const resultDir = await tempDir()
  const outputsDir = join(resultDir, 'outputs')
  await mkdir(outputsDir)
  return {
    executionId,
    spec: jobOf(spec),
    inputs,
    devices: [],
    outputsDir,
    resultDir,
    keptDir: join(await tempDir(), 'kept'),
    scratchDir: await tempDir(),
    checkpoint: {
      entries: () => Promise.resolve(new Map(checkpoints)),
      put: (key, value) => {
        checkpoints.set(key, JSON.parse(JSON.stringify(value)))
        return Promise.resolve()
      },
    },
    onProgress: (news) => progress.push(news),
    onLog: (line) => lines.push(line),
    lines,
    progress,
    checkpoints,
  }
}

/** What every Engine does. */
export function describeEngine(name: string, make: () => Promise<EngineSubject>): void {
  describe(`Engine: ${name}`, () => {
    const never = new AbortController().signal

    it('is of the type that its work names, and available', async () => {
      const { engine, good } = await make()
      expect(good.type).toBe(engine.type)
      const { available, detail } = await engine.status()
      expect(available).toBe(true)
      expect(detail).toMatch(/^[^\n]+$/)
    })

    it('has no objection to work that it can do', async () => {
      const { engine, good } = await make()
      expect(await engine.objection(jobOf(good))).toBeUndefined()
    })

    it('gives a reason for work that it cannot do', async () => {
      const { engine, impossible } = await make()
      if (impossible === undefined) return
      expect(Reason.parse(await engine.objection(jobOf(impossible))).message).not.toBe('')
    })

    it('runs work to exit code 0, counts what it scanned and prints lines without newlines', async () => {
      const { engine, good, inputs } = await make()
      const work = await recordedWork(good, inputs)
      const outcome = await engine.run(work, { signal: never })
      expect(outcome.exitCode).toBe(0)
      for (const count of [outcome.scannedFiles, outcome.scannedBytes, outcome.events, outcome.clips]) {
        expect(count).toSatisfy((value: number) => Number.isInteger(value) && value >= 0)
      }
      expect(outcome.scannedSeconds).toBeGreaterThanOrEqual(0)
      for (const { text } of work.lines) expect(text).not.toContain('\n')
    })

    it('runs again over its own outputs and checkpoints, with the same outcome', async () => {
      const { engine, good, inputs } = await make()
      const work = await recordedWork(good, inputs)
      const first = await engine.run(work, { signal: never })
      expect(await engine.run(work, { signal: never })).toEqual(first)
    })

    it('does not begin when it is aborted before', async () => {
      const { engine, good, inputs } = await make()
      const reason = new Error('too late')
      const run = engine.run(await recordedWork(good, inputs), { signal: AbortSignal.abort(reason) })
      await expect(run).rejects.toBe(reason)
    })

    it('rejects with the signal’s reason when it is aborted at work, and can then run again', async () => {
      const { engine, good, endless, inputs, endlessInputs = inputs, hasBegun = () => true } = await make()
      const reason = new Error('enough')
      const aborter = new AbortController()
      const work = await recordedWork(endless, endlessInputs)
      const run = engine.run(work, { signal: aborter.signal })
      const ended = run.then(
        () => 'resolved',
        (error: unknown) => error,
      )
      await eventually(() => hasBegun(work))
      aborter.abort(reason)
      expect(await ended).toBe(reason)
      expect((await engine.run(await recordedWork(good, inputs), { signal: never })).exitCode).toBe(0)
    })
  })
}
