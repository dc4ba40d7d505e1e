import { describeProblem } from '../../domain/index.ts'
import type { ReadSpec } from '../../domain/foreign-specs/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { jsonOption } from './client-options.ts'
import { readSpecFile, templateOptions } from './template-options.ts'

/** `edge validate job.yaml`: every problem with its path, no requester needed. */
export const validate: Command = {
  examples: [
    ['edge validate job.yaml', 'every problem of the spec, one a line'],
    ['edge validate job.yaml --json', 'problems, or the spec as edge/v1 with every default'],
  ],
  build: (yargs) =>
    templateOptions(jsonOption(yargs)).positional('file', {
      type: 'string',
      describe: 'YAML or JSON; stdin when left out or -',
    }),
  run: async (args, terminal) => {
    const read = await readSpecFile(args['file'] as string | undefined, args)
    if (args['json'] === true) printAsJson(read, terminal)
    else printForPeople(read, terminal)
    return read.ok ? exitCodes.done : exitCodes.usage
  },
}

function printAsJson(read: ReadSpec, terminal: Terminal): void {
  const { form, warnings } = read
  terminal.printJson(
    read.ok
      ? { valid: true, form, warnings, spec: read.value }
      : { valid: false, ...(form === undefined ? {} : { form }), warnings, problems: read.problems },
  )
}

function printForPeople(read: ReadSpec, terminal: Terminal): void {
  for (const warning of read.warnings) terminal.note(`note: ${describeProblem(warning)}`)
  const from = read.form === undefined || read.form === 'edge/v1' ? '' : ` (${read.form})`
  if (read.ok) {
    terminal.print(`The job spec${from} is valid.`)
    return
  }
  const { length } = read.problems
  terminal.print(`The job spec${from} has ${length} problem${length === 1 ? '' : 's'}:`)
  for (const problem of read.problems) terminal.print(`  ${describeProblem(problem)}`)
}
