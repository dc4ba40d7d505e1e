import { expect, it } from 'vitest'
import { createNoopEngine } from '../../../../src/engines/noop/index.ts'
import { recordedWork } from '../../../conformance/engine.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

it('ends when its time on the clock is over, with the exit code that was asked and one line', async () => {
  const clock = new ManualClock()
  const work = await recordedWork({ type: 'noop', durationMs: 5000, exitCode: 3 }, [])
  const run = createNoopEngine({ clock }).run(work, { signal: new AbortController().signal })
  await clock.advance(4999)
  expect(work.lines).toEqual([])
  await clock.advance(1)
  expect(await run).toMatchObject({ exitCode: 3, events: 0 })
  expect(work.lines).toEqual([{ stream: 'stdout', text: 'did nothing for 5000 ms' }])
})

it('refuses work of another engine', async () => {
  const work = await recordedWork({ type: 'onnx' } as never, [])
  const run = createNoopEngine({ clock: new ManualClock() }).run(work, {
    signal: new AbortController().signal,
  })
  await expect(run).rejects.toThrow('the noop engine was given onnx work')
})
