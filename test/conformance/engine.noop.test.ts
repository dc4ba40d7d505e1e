import { createNoopEngine } from '../../src/engines/noop/index.ts'
import { systemClock } from '../../src/utils/system-clock.ts'
import { describeEngine } from './engine.ts'

describeEngine('noop', () =>
  Promise.resolve({
    engine: createNoopEngine({ clock: systemClock }),
    good: { type: 'noop', durationMs: 1, exitCode: 0 },
    endless: { type: 'noop', durationMs: 86_400_000, exitCode: 0 },
    inputs: [],
  }),
)
