import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { EdgeError } from '../domain/index.ts'
import { childEnvironment } from './media-process.ts'
import { runToEnd } from './run-to-end.ts'

/** A program that was really run. A snapshot build's version ends in the year of its copyright line, e.g. "N-47683 (2018)". */
export interface MediaTool {
  readonly path: string
  readonly version: string
  readonly origin: 'setting' | 'system' | 'package'
}

export interface MediaTools {
  readonly ffmpeg: MediaTool
  readonly ffprobe: MediaTool
}

type ToolName = keyof MediaTools
type Candidate = Omit<MediaTool, 'version'>

/**
 * ffmpeg and ffprobe: the given settings, else the PATH, else the npm packages. Each is run once; one that does not
 * run is passed over. Throws ffmpeg_missing with every candidate and what was wrong with it.
 */
export async function locateMediaTools(
  settings: { readonly ffmpeg?: string; readonly ffprobe?: string } = {},
): Promise<MediaTools> {
  const [ffmpeg, ffprobe] = await Promise.all([
    locate('ffmpeg', settings.ffmpeg),
    locate('ffprobe', settings.ffprobe),
  ])
  return { ffmpeg, ffprobe }
}

async function locate(name: ToolName, setting: string | undefined): Promise<MediaTool> {
  const rejected: string[] = []
  for (const find of [
    () => fromSetting(setting),
    () => fromPath(name),
    () => fromPackage(name, (why) => rejected.push(why)),
  ]) {
    for (const candidate of await find()) {
      const outcome = await tryTool(name, candidate.path)
      if ('version' in outcome) return { ...candidate, version: outcome.version }
      rejected.push(`${candidate.path} (${candidate.origin}): ${outcome.problem}`)
    }
  }
  const found = rejected.length === 0 ? 'there is none on the PATH' : rejected.join('; ')
  throw new EdgeError('ffmpeg_missing', `looked for ${name}: ${found}`, { details: { tool: name, rejected } })
}

function fromSetting(setting: string | undefined): Candidate[] {
  return setting === undefined || setting === '' ? [] : [{ path: resolve(setting), origin: 'setting' }]
}

async function fromPath(name: ToolName): Promise<Candidate[]> {
  const folders = (childEnvironment()['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder))
  const found: Candidate[] = []
  for (const folder of new Set(folders)) {
    const path = join(folder, process.platform === 'win32' ? `${name}.exe` : name)
    if (await isExecutable(path)) found.push({ path, origin: 'system' })
  }
  return found
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** The optional packages throw at import on a platform they have no build for: that is a reason, not an error. */
function fromPackage(name: ToolName, reject: (why: string) => void): Candidate[] {
  const packageName = `@${name}-installer/${name}`
  try {
    const loaded: unknown = createRequire(import.meta.url)(packageName)
    if (typeof loaded === 'object' && loaded !== null && 'path' in loaded && typeof loaded.path === 'string')
      return [{ path: loaded.path, origin: 'package' }]
    reject(`${packageName}: it names no path`)
  } catch (error) {
    const [firstLine] = (error instanceof Error ? error.message : String(error)).split('\n')
    reject(`${packageName}: ${firstLine ?? 'it does not load'}`)
  }
  return []
}

async function tryTool(
  name: ToolName,
  path: string,
): Promise<{ readonly version: string } | { readonly problem: string }> {
  const lines: string[] = []
  const end = await runToEnd({
    program: path,
    args: ['-version'],
    stallMs: 20_000,
    maxBytes: 1_000_000,
    onLine: (line) => lines.push(line),
  })
  const [first = ''] = lines
  const version = new RegExp(`^${name} version (\\S+)`).exec(first)?.[1]
  if (end.code === 0 && version !== undefined) {
    const year = /Copyright \(c\) \d{4}-(\d{4})/.exec(first)?.[1]
    const isRelease = /^n?\d+\.\d+/.test(version)
    return { version: isRelease || year === undefined ? version : `${version} (${year})` }
  }
  if (end.errors.length > 0) return { problem: end.errors.slice(0, 2).join(' / ') }
  return {
    problem:
      end.code === 0
        ? `it does not answer as ${name} does`
        : `-version ended with ${String(end.code ?? end.signal)}`,
  }
}
