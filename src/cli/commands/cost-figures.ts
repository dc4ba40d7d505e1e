import type { Argv } from 'yargs'
import { EdgeError } from '../../domain/index.ts'
import type { Args } from '../command.ts'

/** What is asked for: footage by a list of prices, the guide’s pictures, what a job did, or the presets themselves. */
export type Basis = 'list' | 'seed-2023' | 'job' | 'presets'

const askedBy: Readonly<Record<Basis, string>> = {
  list: '--preset list',
  'seed-2023': '--preset seed-2023',
  job: '--from-job',
  presets: '--list-presets',
}

interface FigureRule {
  readonly flag: string
  /** Digits after the point; the value is counted in units of the last one. */
  readonly digits: number
  readonly least: string
  readonly most: string
  readonly of: readonly Basis[]
  readonly describe: string
}

const price = { digits: 6, least: '0', most: '1000000' } as const
const share = { digits: 6, least: '0', most: '1' } as const

/** Every figure of the reader’s own: exact decimals, never floating point. */
const rules = {
  cameras: {
    flag: 'cameras',
    digits: 0,
    least: '1',
    most: '100000',
    of: ['list'],
    describe: 'cameras that record (10)',
  },
  gbPerCameraHour: {
    flag: 'gb-per-camera-hour',
    digits: 9,
    least: '0.000001',
    most: '10000',
    of: ['list'],
    describe: 'GB (10^9 bytes) that one camera records in an hour (11)',
  },
  hoursPerDay: {
    flag: 'hours-per-day',
    digits: 3,
    least: '0.001',
    most: '24',
    of: ['list'],
    describe: 'hours a day that are recorded (24)',
  },
  months: {
    flag: 'months',
    digits: 0,
    least: '1',
    most: '120',
    of: ['list', 'job'],
    describe: 'months of recording (12); of storing what a job left (1)',
  },
  keptShare: {
    flag: 'kept-share',
    ...share,
    of: ['list', 'seed-2023'],
    describe: 'share of the footage that events keep, 0 to 1 (0.1)',
  },
  downloadShare: {
    flag: 'download-share',
    ...share,
    of: ['list'],
    describe: 'share of the footage that people download, 0 to 1 (as --kept-share)',
  },
  nodeHoursPerCameraHour: {
    flag: 'node-hours-per-camera-hour',
    digits: 6,
    least: '0',
    most: '1000',
    of: ['list'],
    describe: 'hours a node works on an hour of one camera (6)',
  },
  images: {
    flag: 'images',
    digits: 0,
    least: '1',
    most: '1000000000000',
    of: ['seed-2023'],
    describe: 'pictures that AI services look at (100000000)',
  },
  gbMonths: {
    flag: 'gb-months',
    digits: 0,
    least: '1',
    most: '1000000000000',
    of: ['seed-2023'],
    describe: 'GB times months that are stored (10000000)',
  },
  storagePrice: {
    flag: 'storage-price',
    ...price,
    of: ['list', 'seed-2023', 'job'],
    describe: 'dollars for a GB stored a month, in place of the preset’s',
  },
  uploadPrice: {
    flag: 'upload-price',
    ...price,
    of: ['list', 'job'],
    describe: 'dollars for a GB uploaded, e.g. of your line (0)',
  },
  downloadPrice: {
    flag: 'download-price',
    ...price,
    of: ['list', 'job'],
    describe: 'dollars for a GB downloaded, in place of the preset’s',
  },
  aiPrice: {
    flag: 'ai-price',
    ...price,
    of: ['list', 'job'],
    describe: 'dollars for a minute of footage that the cloud’s AI looks at, in place of the preset’s',
  },
  nodePrice: {
    flag: 'node-price',
    ...price,
    of: ['list', 'job'],
    describe: 'dollars for an hour of a node (0.11)',
  },
} as const satisfies Record<string, FigureRule>

type FigureName = keyof typeof rules

/** What was given on the command line, each in units of its last digit. */
export type OwnFigures = Readonly<Partial<Record<FigureName, bigint>>>

const everyRule = Object.entries(rules) as readonly (readonly [FigureName, FigureRule])[]

export function figureOptions(yargs: Argv): Argv {
  for (const [, { flag, describe }] of everyRule) yargs.option(flag, { type: 'string', describe })
  return yargs.group(
    everyRule.map(([, { flag }]) => flag),
    'Your own figures:',
  )
}

/** The figures that were given. Throws `usage`, naming the flag, for one that is no number, out of range or of no part. */
export function ownFigures(args: Args, basis: Basis): OwnFigures {
  const own: Partial<Record<FigureName, bigint>> = {}
  for (const [name, rule] of everyRule) {
    const given = args[name]
    if (given === undefined) continue
    if (!rule.of.includes(basis)) throw noPart(rule, basis)
    own[name] = figureOf(rule, given)
  }
  return own
}

function figureOf(rule: FigureRule, given: unknown): bigint {
  const { flag, digits, least, most } = rule
  if (typeof given !== 'string') throw new EdgeError('usage', `--${flag} is given more than once`)
  const shown = given === '' ? 'empty' : given
  const range = `a number from ${least} to ${most}${digits === 0 ? ', without a point' : ''}`
  if (!/^-?\d+(\.\d+)?$/.test(given)) throw new EdgeError('usage', `--${flag} must be ${range}, is ${shown}`)
  if ((given.split('.')[1] ?? '').replace(/0+$/, '').length > digits)
    throw new EdgeError('usage', `--${flag} must have at most ${digits} digits after the point, is ${shown}`)
  const value = scaled(given, digits)
  if (given.startsWith('-') || value < scaled(least, digits) || value > scaled(most, digits))
    throw new EdgeError('usage', `--${flag} must be ${range}, is ${shown}`)
  return value
}

/** `0.0173` with 6 digits is 17300n. */
function scaled(text: string, digits: number): bigint {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.')
  return BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0'))
}

/** The other way round, without zeros at the end: 100000n with 6 digits is `0.1`. */
export function decimal(value: bigint, digits: number): string {
  const text = value.toString().padStart(digits + 1, '0')
  const at = text.length - digits
  return `${text.slice(0, at)}.${text.slice(at)}`.replace(/\.?0*$/, '')
}

function noPart({ flag }: FigureRule, basis: Basis): EdgeError {
  const flags = everyRule.filter(([, { of }]) => of.includes(basis)).map(([, rule]) => `--${rule.flag}`)
  return new EdgeError('usage', `--${flag} has no part in ${askedBy[basis]}`, {
    hint: `${askedBy[basis]} takes ${flags.length === 0 ? 'no figures' : flags.join(', ')}.`,
  })
}
