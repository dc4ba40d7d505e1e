import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Args } from '../../../src/cli/command.ts'
import { outputOf, printRows, printView, type Column } from '../../../src/cli/output.ts'
import { recordingTerminal } from '../../support/recording-terminal.ts'

interface Row {
  readonly name: string
  readonly atMs: number
}
const rows: readonly Row[] = [{ name: 'gate', atMs: 0 }]
const columns: readonly Column<Row>[] = [
  { title: 'NAME', text: ({ name }) => name },
  { title: 'TIME', text: ({ atMs }, time) => time(atMs) },
  { title: 'MORE', isWide: true, text: () => 'all' },
]

function printed(args: Args): string {
  const { terminal, lines } = recordingTerminal()
  printRows(terminal, args, rows, columns)
  return lines.join('\n')
}

describe('--output', () => {
  it('is a table with relative times unless told otherwise', () => {
    expect(printed({})).toMatch(/^NAME {2}TIME\ngate {2}\d+ days ago$/)
  })

  it('wide shows every column, and times in full', () => {
    expect(printed({ output: 'wide' })).toBe(
      'NAME  TIME                  MORE\ngate  1970-01-01T00:00:00Z  all',
    )
  })

  it('json and yaml give the rows as they are', () => {
    expect(JSON.parse(printed({ output: 'json' }))).toEqual(rows)
    expect(JSON.parse(printed({ json: true }))).toEqual(rows)
    expect(parse(printed({ output: 'yaml' }))).toEqual(rows)
  })

  it('has no line of titles with --no-header, and nothing at all for no rows then', () => {
    expect(printed({ header: false })).toMatch(/^gate/)
    const { terminal, lines } = recordingTerminal()
    printRows(terminal, { header: false }, [], columns)
    expect(lines).toEqual([])
  })

  it('fits a terminal with an ellipsis, wraps nothing, and is whole where nobody looks', () => {
    const long = 'x'.repeat(200)
    const show = (output: string): string => {
      const { terminal, lines } = recordingTerminal()
      printRows(terminal, { output }, [long], [{ title: 'NAME', mayCut: true, text: (name) => name }])
      return lines.join('\n')
    }
    expect(show('table')).toContain(long)
    const former = process.stdout.isTTY
    process.stdout.isTTY = true
    try {
      expect(show('table')).toBe(`NAME\n${'x'.repeat(99)}…`)
      expect(show('wide')).toContain(long)
    } finally {
      process.stdout.isTTY = former
    }
  })

  it('is refused when --json says something else', () => {
    expect(() => outputOf({ json: true, output: 'yaml' })).toThrow('--json and --output yaml contradict')
    expect(() => outputOf({ output: ['json', 'yaml'] })).toThrow('--output is given more than once')
  })

  it('shows one thing as YAML to people and as it is to programs', () => {
    const show = (args: Args): string => {
      const { terminal, lines } = recordingTerminal()
      printView(terminal, args, { atMs: 5 }, () => ({ at: 'five' }))
      return lines.join('\n')
    }
    expect(show({})).toBe('at: five')
    expect(show({ output: 'yaml' })).toBe('atMs: 5')
    expect(JSON.parse(show({ output: 'json' }))).toEqual({ atMs: 5 })
  })
})
