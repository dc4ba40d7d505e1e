import {
  flagName,
  loadSettings,
  secretSettings,
  settingsTable,
  type LoadedSettings,
  type Origin,
  type SettingName,
} from '../../config/index.ts'
import type { Args, Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { listOptions, printRows, type Column } from '../output.ts'
import { coloured, plain } from '../terminal.ts'

/** One setting as people and programs see it; a secret’s value is never there. */
export interface SettingRow {
  readonly name: string
  readonly value: unknown
  readonly origin: Origin
  /** The flag, variable or file that says so. */
  readonly from: string
  readonly flag: string
  readonly variable: string
  readonly describe: string
}

/** `edge config list`: every setting, its value, and who said so. */
export const configList: Command = {
  examples: [
    ['edge config list', 'each setting, its value, and where that comes from'],
    ['edge config list --output wide', 'with flag, variable and meaning of each'],
  ],
  build: (yargs) =>
    listOptions(yargs).option('set', { type: 'boolean', describe: 'only what is not a default' }),
  run: (args, terminal) => {
    const loaded = settingsOf(args)
    const rows = (Object.keys(settingsTable) as SettingName[])
      .map((name) => settingRow(loaded, name))
      .filter(({ origin }) => args['set'] !== true || origin !== 'default')
    printRows(terminal, args, rows, columns)
    return Promise.resolve(exitCodes.done)
  },
}

/** What a command without flags of its own would work with. */
export function settingsOf(args: Args): LoadedSettings {
  const { apiHost, apiPort, dataDir } = args
  return loadSettings({ apiHost, apiPort, dataDir })
}

export function settingRow({ values, origins }: LoadedSettings, name: SettingName): SettingRow {
  const { env, describe } = settingsTable[name]
  const flag = flagName(name)
  const value: unknown = values[name]
  const origin = origins[name]
  const from = { flag, environment: env, file: 'config.yaml', default: 'default' }[origin]
  const shown = secretSettings.has(name) && value !== undefined ? '(secret)' : (value ?? null)
  return { name, value: shown, origin, from, flag, variable: env, describe }
}

const columns: readonly Column<SettingRow>[] = [
  { title: 'SETTING', text: ({ name }) => name },
  { title: 'VALUE', mayCut: true, text: ({ value }) => plain(valueText(value)) },
  {
    title: 'FROM',
    text: ({ origin, from }) => coloured(origin === 'default' ? 'quiet' : 'busy', from),
  },
  { title: 'FLAG', isWide: true, text: ({ flag }) => flag },
  { title: 'VARIABLE', isWide: true, text: ({ variable }) => variable },
  { title: 'WHAT', isWide: true, text: ({ describe }) => describe },
]

/** As it may be written after a flag: lists with commas, labels as name=value. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.join(',')
  if (typeof value !== 'object') return typeof value === 'string' ? value : JSON.stringify(value)
  return Object.entries(value)
    .map(([name, label]) => `${name}=${String(label)}`)
    .join(',')
}
