import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { parseDocument } from 'yaml'
import { EdgeError } from '../domain/index.ts'

/** A YAML or JSON document from a file or stdin. Throws `path_missing`, or `spec_invalid` with line and column. */
export async function readDocument(file: string | undefined): Promise<unknown> {
  const isStdin = file === undefined || file === '-'
  if (isStdin && process.stdin.isTTY) {
    throw new EdgeError('usage', 'no file was named and nothing is piped in', {
      hint: 'Name a file, or pipe one: edge create < job.yaml',
    })
  }
  const content = isStdin ? await text(process.stdin) : await read(file)
  const name = isStdin ? 'stdin' : file
  const document = parseDocument(content, { prettyErrors: true })
  const [error] = document.errors
  if (error !== undefined)
    throw new EdgeError('spec_invalid', `${name} is neither YAML nor JSON: ${error.message}`)
  const value: unknown = document.toJS({ maxAliasCount: 100 })
  if (value === null || value === undefined) throw new EdgeError('spec_invalid', `${name} is empty`)
  return value
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new EdgeError('path_missing', `cannot read ${file}: ${(error as Error).message}`, { cause: error })
  }
}
