import { access } from 'node:fs/promises'
import type { EdgeClient } from '../../client/index.ts'
import { describeProblem, diffSpecs, EdgeError, specInvalid } from '../../domain/index.ts'
import type { Difference, JobSpec } from '../../domain/index.ts'
import type { Args, Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { coloured, type Terminal } from '../terminal.ts'
import { jsonOption } from './client-options.ts'
import { readSpecFile, templateOptions } from './template-options.ts'

/** `edge job diff A B`: the fields in which two specs differ; ends with 0 when there are none, with 1 otherwise. */
export const jobDiff: Command = {
  examples: [
    ['edge job diff job.yaml 4b1422ff', 'what the file says otherwise than the job'],
    ['edge job diff old.yaml new.yaml', 'two files, of whatever form'],
  ],
  build: (yargs) =>
    templateOptions(jsonOption(yargs))
      .positional('before', { type: 'string', demandOption: true, describe: 'a file, - for stdin, or a job' })
      .positional('after', { type: 'string', demandOption: true, describe: 'a file, - for stdin, or a job' }),
  run: async (args, terminal) => {
    const [before, after] = [args['before'] as string, args['after'] as string]
    if (before === '-' && after === '-') throw new EdgeError('usage', 'stdin can be read only once')
    const differences = diffSpecs(await specOf(before, args, terminal), await specOf(after, args, terminal))
    if (args['json'] === true) terminal.printJson({ same: differences.length === 0, differences })
    else for (const difference of differences) printDifference(difference, terminal)
    return differences.length === 0 ? exitCodes.done : exitCodes.failed
  },
}

async function specOf(word: string, args: Args, terminal: Terminal): Promise<JobSpec> {
  if (word !== '-' && !(await exists(word))) return jobSpecOf(connect(args), word, terminal)
  const read = await readSpecFile(word, args)
  for (const warning of read.warnings) terminal.note(`note: ${word}: ${describeProblem(warning)}`)
  if (!read.ok)
    throw specInvalid(read.problems.map((problem) => ({ ...problem, path: `${word}: ${problem.path}` })))
  return read.value
}

/** Throws `path_missing` for a word that can be no job’s id. */
async function jobSpecOf(client: EdgeClient, word: string, terminal: Terminal): Promise<JobSpec> {
  if (!/^[0-9a-f-]{1,36}$/i.test(word))
    throw new EdgeError('path_missing', `${word} is neither a file nor the id of a job`)
  return (await client.job(word, { signal: terminal.signal })).spec
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file)
    return true
  } catch {
    // Then it is a job’s id, or nothing, which is said there.
    return false
  }
}

/** `- path: value` and `+ path: value`; a changed field is both. */
function printDifference(difference: Difference, terminal: Terminal): void {
  const { path } = difference
  if ('before' in difference)
    terminal.print(coloured('bad', `- ${path}: ${JSON.stringify(difference.before)}`))
  if ('after' in difference)
    terminal.print(coloured('good', `+ ${path}: ${JSON.stringify(difference.after)}`))
}
