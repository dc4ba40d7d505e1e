import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  executionTransitions,
  ExecutionState,
  isExecutionOver,
  NodeExecutionState,
  transition,
  type ExecutionRecord,
  type Report,
} from '../../../src/domain/index.ts'
import { effectOf, pathTo } from '../../../src/requester/report-effect.ts'
import { executionOf } from '../../support/records.ts'

const result = {
  cid: 'bafybeigdyrzt5',
  bytes: 1,
  files: 1,
  scannedFiles: 1,
  scannedBytes: 1,
  scannedSeconds: 1,
  events: 0,
  clips: 0,
}
const reportOf = (
  { id, jobId, token }: ExecutionRecord,
  state: NodeExecutionState,
  more: Partial<Report> = {},
): Report => ({
  seq: 1,
  executionId: id,
  jobId,
  token,
  state,
  atMs: 1_000_500,
  ...more,
})

describe('the effect of a report', () => {
  it('moves to the reported state and keeps its facts', () => {
    const execution = executionOf('a', 'Running')
    const outcome = { state: 'Failed', reason: { code: 'exit_code', message: 'exit code 3' } } as const
    expect(
      effectOf(execution, reportOf(execution, 'Publishing', { result, outcome, exitCode: 3 }), 0),
    ).toEqual({
      changes: [
        { id: execution.id, expectedRevision: 1, to: 'Publishing', set: { result, outcome, exitCode: 3 } },
      ],
    })
  })

  it('walks the states that were skipped, each by its own revision', () => {
    const execution = executionOf('a', 'AskForBid')
    const effect = effectOf(execution, reportOf(execution, 'Running'), 1_001_000)
    expect(effect).toEqual({
      changes: [
        { id: execution.id, expectedRevision: 1, to: 'AskForBidAccepted' },
        { id: execution.id, expectedRevision: 2, to: 'BidAccepted' },
        { id: execution.id, expectedRevision: 3, to: 'Running', set: { runningAtMs: 1_000_500 } },
      ],
    })
  })

  it('believes the node’s clock only between the birth of the execution and now', () => {
    const execution = executionOf('a', 'BidAccepted')
    const at = (atMs: number) => effectOf(execution, reportOf(execution, 'Running', { atMs }), 1_001_000)
    expect(at(5)).toMatchObject({ changes: [{ set: { runningAtMs: 1_000_000 } }] })
    expect(at(9_000_000)).toMatchObject({ changes: [{ set: { runningAtMs: 1_001_000 } }] })
  })

  it('does not complete an execution whose result is still on the way', () => {
    const execution = executionOf('a', 'Publishing', { result })
    expect(effectOf(execution, reportOf(execution, 'Completed'), 0).ignored).toBeDefined()
  })

  it('is nothing for what is not known, is over, belongs to another job or has another token', () => {
    const execution = executionOf('a', 'Running')
    const report = reportOf(execution, 'Failed')
    expect(effectOf(undefined, report, 0).ignored).toBeDefined()
    expect(effectOf(execution, { ...report, token: report.token + 1 }, 0).ignored).toBeDefined()
    expect(
      effectOf(execution, { ...report, jobId: '00000009-0000-4000-8000-000000000000' as Report['jobId'] }, 0)
        .ignored,
    ).toBeDefined()
    expect(effectOf({ ...execution, state: 'Superseded' }, report, 0).ignored).toBeDefined()
  })

  it('always keeps to the table and never goes back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ExecutionState.options),
        fc.constantFrom(...NodeExecutionState.options),
        (state, reported) => {
          const execution = executionOf('a', state)
          const effect = effectOf(execution, reportOf(execution, reported), 2_000_000)
          if (effect.ignored !== undefined) return
          expect(isExecutionOver(state)).toBe(false)
          let at: ExecutionState = state
          for (const { to } of effect.changes)
            if (to !== undefined) at = transition(executionTransitions, at, to)
          expect(at).not.toBe('AskForBidRejected')
          expect(at).not.toBe('Superseded')
        },
      ),
    )
  })

  it('knows no way back', () => {
    expect(pathTo('Publishing', 'Running')).toBeUndefined()
    expect(pathTo('Running', 'BidAccepted')).toBeUndefined()
    expect(pathTo('Running', 'Running')).toEqual([])
  })
})
