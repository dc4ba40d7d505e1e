import { mkdir, realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isScalar, parseDocument, type Document } from 'yaml'
import { EdgeError } from '../domain/index.ts'
import { errnoOf } from '../utils/errno.ts'
import { replaceFile } from '../utils/whole-file.ts'
import { parseSetting } from './load.ts'
import { readIfThere } from './read-if-there.ts'
import type { SettingName } from './settings.ts'

/**
 * Writes one setting into `<data-dir>/config.yaml`, its comments and the order of its lines kept; answers with the path.
 * The file is replaced as a whole. Throws `config_invalid` for a value that will not do, and for a file that is not YAML.
 */
export async function writeSetting(dataDir: string, name: SettingName, text: string): Promise<string> {
  const value = parseSetting(name, text, name)
  const named = join(dataDir, 'config.yaml')
  const path = (await orUndefined(realpath(named))) ?? named
  const document = readDocument(path)
  const node = document.get(name, true)
  if (isScalar(node) && (typeof value !== 'object' || value === null)) node.value = value
  else document.set(name, document.createNode(value))
  await replaceKeepingMode(path, document.toString({ lineWidth: 0 }))
  return path
}

function readDocument(path: string): Document {
  const document = parseDocument(readIfThere(path) ?? '')
  const [problem] = document.errors
  if (problem === undefined) return document
  throw new EdgeError('config_invalid', `${path} is not YAML: ${problem.message}`)
}

/** A new file is for its owner only. */
export async function replaceKeepingMode(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const mode = (await orUndefined(stat(path)))?.mode ?? 0o600
  await replaceFile(path, content, { mode: mode & 0o777 })
}

async function orUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}
