import { checkJobSpec, describeProblem } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { readDocument } from '../read-document.ts'
import { jsonOption } from './client-options.ts'

/** `edge validate job.yaml`: every problem with its path, no requester needed. */
export const validate: Command = {
  examples: [['edge validate job.yaml', 'every problem of the spec, one a line']],
  build: (yargs) =>
    jsonOption(yargs).positional('file', {
      type: 'string',
      describe: 'YAML or JSON; stdin when left out or -',
    }),
  run: async (args, terminal) => {
    const checked = checkJobSpec(await readDocument(args['file'] as string | undefined))
    if (args['json'] === true) {
      terminal.printJson(
        checked.ok ? { valid: true, spec: checked.value } : { valid: false, problems: checked.problems },
      )
    } else if (checked.ok) {
      terminal.print('The job spec is valid.')
    } else {
      terminal.print(
        `The job spec has ${checked.problems.length} problem${checked.problems.length === 1 ? '' : 's'}:`,
      )
      for (const problem of checked.problems) terminal.print(`  ${describeProblem(problem)}`)
    }
    return checked.ok ? exitCodes.done : exitCodes.usage
  },
}
