import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  executionTransitions,
  ExecutionState,
  isTerminal,
  jobTransitions,
  JobState,
  nodeExecutionTransitions,
  NodeExecutionState,
  transition,
  type StateTable,
} from '../../../src/domain/index.ts'

const machines: readonly (readonly [string, readonly string[], StateTable<string>, string])[] = [
  ['job', JobState.options, jobTransitions, 'Pending'],
  ['execution', ExecutionState.options, executionTransitions, 'New'],
  ['node execution', NodeExecutionState.options, nodeExecutionTransitions, 'Accepted'],
]

describe.each(machines)('the %s state machine', (_name, states, table, first) => {
  it('knows every state and leads only to known ones', () => {
    expect(Object.keys(table).sort()).toEqual([...states].sort())
    for (const targets of Object.values(table)) for (const target of targets) expect(states).toContain(target)
  })

  it('reaches every state from the first', () => {
    const reached = new Set([first])
    for (const state of reached) for (const next of table[state] ?? []) reached.add(next)
    expect([...reached].sort()).toEqual([...states].sort())
  })

  it('reaches an end from every state', () => {
    const leadsToEnd = (state: string, seen = new Set<string>()): boolean =>
      isTerminal(table, state) ||
      (!seen.has(state) && (table[state] ?? []).some((next) => leadsToEnd(next, new Set([...seen, state]))))
    for (const state of states) expect(leadsToEnd(state), state).toBe(true)
  })

  it('never leaves an end and allows exactly what the table says', () => {
    const state = fc.constantFrom(...states)
    fc.assert(
      fc.property(state, state, (from, to) => {
        if (table[from]?.includes(to)) expect(transition(table, from, to)).toBe(to)
        else expect(() => transition(table, from, to)).toThrow(`no way from ${from} to ${to}`)
      }),
    )
  })
})
