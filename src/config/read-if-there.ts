import { readFileSync } from 'node:fs'
import { EdgeError } from '../domain/index.ts'
import { errnoOf } from '../utils/errno.ts'

/** The text of a file, undefined when there is none. Throws `config_invalid` when it cannot be read. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw new EdgeError('config_invalid', `cannot read ${path}: ${(error as Error).message}`, {
      cause: error,
    })
  }
}
