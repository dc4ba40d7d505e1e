import { stringify } from 'yaml'
import type { Argv } from 'yargs'
import { z } from 'zod'
import { EdgeError } from '../domain/index.ts'
import type { Args } from './command.ts'
import { fitTable } from './fit-table.ts'
import { ago, isoTime, table } from './format.ts'
import { cutLine, type Terminal } from './terminal.ts'

const OutputFormat = z.enum(['table', 'wide', 'json', 'yaml'])
export type OutputFormat = z.infer<typeof OutputFormat>

/** How a listing or a description is printed; `--json` says the same as `--output json`. */
export const outputOption = (yargs: Argv): Argv =>
  yargs
    .option('output', {
      alias: 'o',
      choices: OutputFormat.options,
      default: 'table',
      describe: 'for people (wide: everything, times in full) or for programs',
    })
    .option('json', { type: 'boolean', describe: 'the same as --output json' })

/** `outputOption` for a table, whose line of titles can be left out. */
export const listOptions = (yargs: Argv): Argv =>
  outputOption(yargs).option('header', {
    type: 'boolean',
    default: true,
    describe: 'the line of titles; --no-header leaves it out',
  })

/** Throws `usage` when --json and --output contradict each other. */
export function outputOf(args: Args): OutputFormat {
  const format = OutputFormat.safeParse(args['output'] ?? 'table')
  if (!format.success) throw new EdgeError('usage', '--output is given more than once')
  if (args['json'] !== true) return format.data
  if (!['table', 'json'].includes(format.data))
    throw new EdgeError('usage', `--json and --output ${format.data} contradict each other`)
  return 'json'
}

/** How times are told: by their distance, or with `wide` in full. */
export type TimeText = (atMs: number) => string

export interface Column<Row> {
  readonly title: string
  readonly text: (row: Row, time: TimeText) => string
  /** May be cut with an ellipsis when the terminal is narrow. */
  readonly mayCut?: boolean
  /** Only with `--output wide`. */
  readonly isWide?: boolean
}

/** Prints rows as the flags say; programs get `rows` as they are, people get `columns` of them. */
export function printRows<Row>(
  terminal: Terminal,
  args: Args,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
): void {
  const format = outputOf(args)
  if (format === 'json' || format === 'yaml') {
    printData(terminal, format, rows)
    return
  }
  const isWide = format === 'wide'
  const shown = columns.filter((column) => isWide || column.isWide !== true)
  const titles = shown.map(({ title }) => title)
  const time = isWide ? isoTime : ago
  const cells = rows.map((row) => shown.map(({ text }) => text(row, time)))
  const room = isWide || !process.stdout.isTTY ? Infinity : terminal.columns
  const mayCut = shown.map((column) => column.mayCut === true)
  const fitted = room === Infinity ? cells : fitTable(titles, cells, { columns: room, mayCut })
  const drawn = table(args['header'] === false ? [] : titles, fitted)
  if (drawn === '') return
  terminal.print(
    drawn
      .split('\n')
      .map((line) => cutLine(line, room))
      .join('\n'),
  )
}

/** Prints one thing: programs get `value` as it is, people get `readable` of it as YAML. */
export function printView(terminal: Terminal, args: Args, value: unknown, readable: () => unknown): void {
  const format = outputOf(args)
  if (format === 'json' || format === 'yaml') printData(terminal, format, value)
  else printData(terminal, 'yaml', readable())
}

function printData(terminal: Terminal, format: 'json' | 'yaml', value: unknown): void {
  if (format === 'json') terminal.printJson(value)
  else terminal.print(stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd())
}
