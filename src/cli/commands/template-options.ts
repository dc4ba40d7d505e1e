import type { Argv } from 'yargs'
import { EdgeError, fillTemplate, isNodeWord, specInvalid } from '../../domain/index.ts'
import { readSpec, type ReadSpec } from '../../domain/foreign-specs/index.ts'
import type { Args } from '../command.ts'
import { parsePairs } from '../parse-pairs.ts'
import { parseText, readText } from '../read-document.ts'

/** How `{{.Name}}` in a job spec is filled in before it is read. */
export const templateOptions = (yargs: Argv): Argv =>
  yargs
    .option('template-vars', {
      alias: 'V',
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      describe: 'name=value, for {{.name}} in the spec; repeatable',
    })
    .option('template-envs', {
      alias: 'E',
      type: 'string',
      describe: 'regular expression: environment variables that may be used as {{.NAME}}',
    })
    .option('template', {
      type: 'boolean',
      default: true,
      describe: 'fill in {{.name}}; --no-template leaves such text as it is',
    })

/** Reads a spec of any form from a file or stdin, its template filled in. Throws `usage`, `path_missing`, `spec_invalid`. */
export async function readSpecFile(file: string | undefined, args: Args): Promise<ReadSpec> {
  const document = await readText(file)
  if (args['template'] === false) return readSpec(parseText(document))
  const { text, problems } = fillTemplate(document.text, valuesOf(args))
  if (problems.length > 0) throw specInvalid(problems)
  return readSpec(parseText({ ...document, text }))
}

function valuesOf(args: Args): ReadonlyMap<string, string> {
  const given = parsePairs('--template-vars', args['templateVars'] as readonly string[])
  const ours = Object.keys(given).find((name) => isNodeWord(name))
  if (ours !== undefined)
    throw new EdgeError('usage', `--template-vars: ${ours} is filled in on the node`, {
      hint: 'Use another name.',
    })
  return new Map([...environment(args['templateEnvs'] as string | undefined), ...Object.entries(given)])
}

function environment(pattern: string | undefined): readonly (readonly [string, string])[] {
  if (pattern === undefined) return []
  const wanted = expression(pattern)
  return Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && wanted.test(name) ? [[name, value] as const] : [],
  )
}

function expression(pattern: string): RegExp {
  try {
    return new RegExp(pattern)
  } catch (error) {
    throw new EdgeError('usage', `--template-envs: ${(error as Error).message}`, { cause: error })
  }
}
