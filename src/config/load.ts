import { join } from 'node:path'
import { parse } from 'yaml'
import { EdgeError } from '../domain/index.ts'
import { closest } from '../utils/closest.ts'
import { readIfThere } from './read-if-there.ts'
import { secretSettings, settingsTable, type SettingName, type Settings } from './settings.ts'

/** Where a value came from; `edge config list` and error messages say it. */
export type Origin = 'flag' | 'environment' | 'file' | 'default'

export interface LoadedSettings {
  readonly values: Settings
  readonly origins: Readonly<Record<SettingName, Origin>>
}

/**
 * Flags beat variables beat `<data-dir>/config.yaml` beat defaults. Throws `config_invalid` that names the setting as its
 * owner wrote it (flag, variable or file), what was found and what would do. An empty variable counts as not set.
 */
export function loadSettings(
  flags: Readonly<Record<string, unknown>> = {},
  env: NodeJS.ProcessEnv = process.env,
): LoadedSettings {
  const dataDir = read('dataDir', flags, env, {}).value as string
  const file = readConfigFile(join(dataDir, 'config.yaml'))
  const entries = names().map((name) => [name, read(name, flags, env, file)] as const)
  return {
    values: Object.fromEntries(entries.map(([name, { value }]) => [name, value])) as unknown as Settings,
    origins: Object.fromEntries(entries.map(([name, { origin }]) => [name, origin])) as Record<
      SettingName,
      Origin
    >,
  }
}

/** `dataDir` as its flag: `--data-dir`. */
export function flagName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

function names(): readonly SettingName[] {
  return Object.keys(settingsTable) as SettingName[]
}

function read(
  name: SettingName,
  flags: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
  file: Readonly<Record<string, unknown>>,
): { value: unknown; origin: Origin } {
  const { env: variable, fallback } = settingsTable[name]
  const fromEnv = env[variable]
  const candidates: readonly (readonly [Origin, string, unknown])[] = [
    ['flag', flagName(name), flags[name]],
    ['environment', variable, fromEnv === '' ? undefined : fromEnv],
    ['file', `config.yaml: ${name}`, file[name]],
  ]
  for (const [origin, label, raw] of candidates) {
    if (raw !== undefined) return { value: parseSetting(name, raw, label), origin }
  }
  return { value: fallback, origin: 'default' }
}

/** The value of a setting as it is meant; throws `config_invalid` with the label under which its owner wrote it. */
export function parseSetting(name: SettingName, raw: unknown, label: string): unknown {
  const parsed = settingsTable[name].schema.safeParse(raw)
  if (parsed.success) return parsed.data
  const shown = secretSettings.has(name) ? 'this value' : JSON.stringify(raw)
  const why = parsed.error.issues.map((issue) => issue.message).join('; ')
  throw new EdgeError('config_invalid', `${label}: ${shown} will not do: ${why}`, {
    details: { setting: name },
  })
}

/** The setting that is meant by `apiPort`, `api-port` or `--api-port`. Throws `config_invalid` with the nearest name. */
export function settingNamed(text: string): SettingName {
  const name = text.replace(/^--/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
  if (isSettingName(name)) return name
  const suggestion = closest(name, names())
  throw new EdgeError(
    'config_invalid',
    `there is no setting ${text}${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`,
    { hint: '`edge config list` shows them all.' },
  )
}

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settingsTable, name)
}

function readConfigFile(path: string): Readonly<Record<string, unknown>> {
  const content = readIfThere(path)
  if (content === undefined) return {}
  let parsed: unknown
  try {
    parsed = parse(content) ?? {}
  } catch (error) {
    throw new EdgeError('config_invalid', `${path} is not YAML: ${(error as Error).message}`, {
      cause: error,
    })
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new EdgeError('config_invalid', `${path} must hold settings as "name: value" lines`)
  }
  for (const key of Object.keys(parsed)) {
    if (Object.hasOwn(settingsTable, key)) continue
    const suggestion = closest(key, names())
    throw new EdgeError(
      'config_invalid',
      `${path}: unknown setting ${key}${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`,
    )
  }
  return parsed as Readonly<Record<string, unknown>>
}
