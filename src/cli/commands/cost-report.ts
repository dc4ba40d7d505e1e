import {
  dollars,
  estimate,
  lineKinds,
  percent,
  tierTexts,
  type Estimate,
  type LineKind,
  type Preset,
  type Provider,
} from '../../cost/index.ts'
import { EdgeError } from '../../domain/index.ts'
import { coloured, type Terminal } from '../terminal.ts'
import type { CostCase } from './cost-case.ts'

const providerNames: Readonly<Record<Provider, string>> = { aws: 'AWS', gcp: 'GCP', azure: 'Azure' }
const lineNames: Readonly<Record<LineKind, string>> = {
  storage: 'Storage',
  requests: 'Access',
  upload: 'Upload',
  download: 'Download',
  ai: 'AI services',
  nodes: 'Nodes',
}

interface Priced {
  readonly provider: Provider
  readonly estimate: Estimate
}

/** The case at each provider. */
export function priced(cost: CostCase, chosen: readonly Provider[]): readonly Priced[] {
  return chosen.map((provider) => ({ provider, estimate: estimate(cost.prices[provider], cost.scenario) }))
}

/** A table for each provider, then a bar for every sum. */
export function printCosts(terminal: Terminal, cost: CostCase, all: readonly Priced[]): void {
  terminal.print(`Preset ${cost.preset}: ${cost.title}`)
  const largest = all.reduce((most, { estimate: { before, after } }) => maximum(most, before, after), 0n)
  // Below 100 dollars the parts of a cent count.
  const digits = largest < 100_000_000n ? 6 : 2
  for (const one of all) {
    terminal.print('')
    for (const line of costTable(one, digits)) terminal.print(line)
  }
  terminal.print('')
  for (const line of bars(all, largest, { columns: terminal.columns, digits })) terminal.print(line)
  for (const {
    provider,
    estimate: { notPriced },
  } of all) {
    for (const kind of notPriced) terminal.print(`\n${notPricedText(provider, kind)}`)
  }
  if (cost.next !== undefined) terminal.print(`\n${cost.next}`)
  terminal.print('\nDates, sources and what is left out: edge cost --list-presets')
}

function notPricedText(provider: Provider, kind: LineKind): string {
  const what = `${providerNames[provider]} has no price for ${lineNames[kind]}: not in its sums, so no savings`
  return kind === 'ai' ? `${what}. --ai-price gives one.` : `${what}.`
}

function costTable({ provider, estimate: found }: Priced, digits: 2 | 6): readonly string[] {
  const { lines, before, after, savings, notPriced } = found
  const money = (amount: bigint): string => dollars(amount, digits)
  const rowOf = (kind: LineKind): readonly (readonly string[])[] => {
    if (notPriced.includes(kind)) return [[lineNames[kind], 'no price', 'no price']]
    const line = lines.find((one) => one.kind === kind)
    if (line === undefined || (line.before === 0n && line.after === 0n)) return []
    return [[lineNames[kind], money(line.before), money(line.after)]]
  }
  const rows = [
    [providerNames[provider], 'BEFORE', 'WITH EDGE'],
    ...lineKinds.flatMap(rowOf),
    ['Sum', money(before), money(after)],
    ...(savings === undefined ? [] : [['Savings', '', percent(savings)]]),
  ]
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  const [first, second] = [Math.max(16, width(1)), Math.max(16, width(2))]
  return rows.map(([name = '', left = '', right = '']) =>
    `${name.padEnd(12)}${left.padStart(first)}${right.padStart(second + 2)}`.trimEnd(),
  )
}

/** `AWS    before     ██████ $258,450.00`, as wide as the terminal; the longest bar is the largest sum. */
export function bars(
  all: readonly Priced[],
  largest: bigint,
  { columns, digits }: { columns: number; digits: 2 | 6 },
): readonly string[] {
  const widest = dollars(largest, digits).length
  const room = Math.max(1, Math.min(columns, 100) - 17 - 1 - widest)
  const bar = (name: string, what: string, amount: bigint): string => {
    const drawn = barOf(amount, largest, room)
    const colour = what === 'before' ? 'quiet' : 'good'
    const money = dollars(amount, digits).padStart(widest)
    return `${name.padEnd(7)}${what.padEnd(10)}${coloured(colour, drawn)}${' '.repeat(room - drawn.length)} ${money}`
  }
  return all.flatMap(({ provider, estimate: { before, after } }) => [
    bar(providerNames[provider], 'before', before),
    bar('', 'with edge', after),
  ])
}

/** Eighths of a column, at least one for what is not nothing. */
function barOf(amount: bigint, largest: bigint, room: number): string {
  if (amount <= 0n || largest <= 0n) return ''
  const eighths = Math.max(1, Number((amount * BigInt(room * 8) + largest / 2n) / largest))
  return '█'.repeat(Math.floor(eighths / 8)) + ('▏▎▍▌▋▊▉'[(eighths % 8) - 1] ?? '')
}

function maximum(...amounts: readonly bigint[]): bigint {
  return amounts.reduce((most, amount) => (amount > most ? amount : most), 0n)
}

/** What `--json` prints: whole micro-dollars. Throws `usage` for sums that a JSON number does not hold exactly. */
export function costsAsJson(cost: CostCase, all: readonly Priced[]): object {
  return {
    preset: cost.preset,
    currency: 'USD',
    figures: cost.figures,
    providers: all.map(({ provider, estimate: { lines, before, after, savings, notPriced } }) => ({
      provider,
      lines: lines.map((line) => ({
        kind: line.kind,
        beforeMicroDollars: exact(line.before),
        afterMicroDollars: exact(line.after),
      })),
      beforeMicroDollars: exact(before),
      afterMicroDollars: exact(after),
      ...(savings === undefined ? {} : { savingsPercent: Number(savings) / 100 }),
      notPriced,
    })),
  }
}

function exact(microDollars: bigint): number {
  if (microDollars > BigInt(Number.MAX_SAFE_INTEGER))
    throw new EdgeError(
      'usage',
      `${dollars(microDollars)} is more than --json can tell to the micro-dollar`,
      {
        hint: 'Leave --json out, or ask for less at once, e.g. fewer --cameras or --months.',
      },
    )
  return Number(microDollars)
}

/** Every price of a preset with its date and source, and what has to be known about them. */
export function printPreset(terminal: Terminal, { name, what, prices, notes }: Preset): void {
  terminal.print(`${name}: ${what}`)
  for (const [provider, list] of Object.entries(prices) as [Provider, Preset['prices'][Provider]][]) {
    for (const [kind, meter] of Object.entries(list) as [LineKind, (typeof list)['ai'] & object][]) {
      terminal.print('')
      const tiers = tierTexts(meter).join('; ')
      const head = `${providerNames[provider]}, ${lineNames[kind].toLowerCase().replace('ai ', 'AI ')}, for each ${meter.unit}: ${tiers}`
      for (const line of wrapped(head, terminal.columns, '  ')) terminal.print(line)
      terminal.print(`    ${meter.asOf}: ${meter.source}`)
      if (meter.alsoSeenAt !== undefined) terminal.print(`    also: ${meter.alsoSeenAt}`)
      else if (meter.source.startsWith('https:')) terminal.print('    one source')
    }
  }
  terminal.print('')
  for (const note of notes) {
    const [first = '', ...rest] = wrapped(note, terminal.columns, '  ')
    terminal.print(`- ${first.trimStart()}`)
    for (const line of rest) terminal.print(line)
  }
}

function wrapped(text: string, columns: number, indent: string): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= columns)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`${indent}${word}`)
  }
  return lines
}
