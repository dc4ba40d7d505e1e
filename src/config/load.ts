import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { EdgeError } from '../domain/index.ts'
import { closest } from '../utils/closest.ts'
import { settingsTable, type SettingName, type Settings } from './settings.ts'
import { errnoOf } from '../utils/errno.ts'

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
  const { env: variable, schema, fallback } = settingsTable[name]
  const fromEnv = env[variable]
  const candidates: readonly (readonly [Origin, string, unknown])[] = [
    ['flag', flagName(name), flags[name]],
    ['environment', variable, fromEnv === '' ? undefined : fromEnv],
    ['file', `config.yaml: ${name}`, file[name]],
  ]
  for (const [origin, label, raw] of candidates) {
    if (raw === undefined) continue
    const parsed = schema.safeParse(raw)
    if (parsed.success) return { value: parsed.data, origin }
    const why = parsed.error.issues.map((issue) => issue.message).join('; ')
    throw new EdgeError('config_invalid', `${label}: ${JSON.stringify(raw)} will not do: ${why}`, {
      details: { setting: name },
    })
  }
  return { value: fallback, origin: 'default' }
}

function readConfigFile(path: string): Readonly<Record<string, unknown>> {
  let content: string
  try {
    content = readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return {}
    throw new EdgeError('config_invalid', `cannot read ${path}: ${(error as Error).message}`, {
      cause: error,
    })
  }
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
