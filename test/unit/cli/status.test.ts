import fc from 'fast-check'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { fitted } from '../../../src/cli/status.ts'
import { cutLine } from '../../../src/cli/terminal.ts'

const green = '\u001b[32m'
const off = '\u001b[39m'

describe('a line that is too long for the terminal', () => {
  it('is cut with an ellipsis, and its colours end', () => {
    expect(cutLine(`gate  ${green}Running${off}  1/2 files`, 12)).toBe(`gate  ${green}Runni…${off}`)
    expect(cutLine(`gate  ${green}Running${off}  1/2 files`, 18)).toBe(`gate  ${green}Running${off}  1/…`)
  })

  it('is left alone when it fits exactly', () => {
    const line = `gate  ${green}Running${off}`
    expect(cutLine(line, 13)).toBe(line)
  })

  it('never takes more columns than there are, and keeps every colour', () => {
    const part = fc.oneof(fc.constantFrom(green, off), fc.stringMatching(/^[a-z ]{0,12}$/))
    fc.assert(
      fc.property(fc.array(part), fc.integer({ min: 1, max: 40 }), (parts, columns) => {
        const line = parts.join('')
        const cut = cutLine(line, columns)
        const visible = stripVTControlCharacters(cut)
        expect(visible.length).toBeLessThanOrEqual(columns)
        expect(cut.split('\u001b').length).toBe(line.split('\u001b').length)
        const whole = stripVTControlCharacters(line)
        if (whole.length > columns) expect(visible).toBe(`${whole.slice(0, columns - 1)}…`)
      }),
    )
  })
})

describe('a block of lines', () => {
  it('fits the screen and counts what it leaves out', () => {
    const lines = Array.from({ length: 40 }, (_, index) => `node-${String(index)}  Running`)
    const shown = fitted(lines, { columns: 80, rows: 24 })
    expect(shown).toHaveLength(22)
    expect(shown[0]).toBe('node-0  Running')
    expect(shown.at(-1)).toBe('… and 19 more')
    expect(fitted(lines.slice(0, 22), { columns: 80, rows: 24 })).toEqual(lines.slice(0, 22))
  })
})
