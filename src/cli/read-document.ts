import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { parseDocument } from 'yaml'
import { EdgeError, specInvalid } from '../domain/index.ts'
import { diagnoseText } from '../domain/foreign-specs/index.ts'

/** What a file or stdin holds, and how it is called in messages. */
export interface DocumentText {
  readonly name: string
  readonly text: string
}

/** A YAML or JSON document from a file or stdin. Throws `path_missing`, or `spec_invalid` with line and column. */
export async function readDocument(file: string | undefined): Promise<unknown> {
  return parseText(await readText(file))
}

export async function readText(file: string | undefined): Promise<DocumentText> {
  const isStdin = file === undefined || file === '-'
  if (isStdin && process.stdin.isTTY) {
    throw new EdgeError('usage', 'no file was named and nothing is piped in', {
      hint: 'Name a file, or pipe one: edge create < job.yaml',
    })
  }
  return isStdin ? { name: 'stdin', text: await text(process.stdin) } : { name: file, text: await read(file) }
}

/** Throws `spec_invalid`; mistakes that people make when they copy a spec from a web page are named. */
export function parseText({ name, text: content }: DocumentText): unknown {
  const document = parseDocument(content, { prettyErrors: true })
  const [error] = document.errors
  if (error !== undefined) {
    const wrongLines = document.errors.flatMap(({ linePos }) => linePos?.map(({ line }) => line) ?? [])
    const problems = diagnoseText(content, new Set(wrongLines))
    if (problems.length > 0) throw specInvalid(problems)
    throw new EdgeError('spec_invalid', `${name} is neither YAML nor JSON: ${error.message}`)
  }
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
