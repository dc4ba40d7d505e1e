import { stringify } from 'yaml'
import type { JobSpecInput } from '../../domain/index.ts'
import { describeProblem, specInvalid } from '../../domain/index.ts'
import type { Args, Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { idempotencyOption, waitOptions } from './client-options.ts'
import { downloadOptions } from './get.ts'
import { submitJob } from './submit-job.ts'
import { readSpecFile, templateOptions } from './template-options.ts'

/** `edge create job.yaml`, `edge create < job.yaml`, and `edge job run`, which is the same. */
export const create: Command = {
  examples: [
    ['edge create job.yaml', 'submit a spec (edge/v1 or Bacalhau’s) and follow the job'],
    ['cat job.yaml | edge create', 'the same from stdin'],
    ['edge create job.yaml -V site=north -V camera=gate', 'with {{.site}} and {{.camera}} filled in'],
    ['edge create job.yaml --dry-run', 'print the edge/v1 spec and submit nothing'],
  ],
  build: (yargs) =>
    idempotencyOption(templateOptions(downloadOptions(waitOptions(yargs))))
      .positional('file', { type: 'string', describe: 'YAML or JSON; stdin when left out or -' })
      .option('dry-run', { type: 'boolean', describe: 'print the spec as edge/v1 and submit nothing' })
      .option('json', { type: 'boolean', describe: 'print the job as JSON' }),
  run: async (args, terminal) => {
    const spec = await specOf(args, terminal)
    if (args['dryRun'] !== true) return submitJob(connect(args), spec, args, terminal)
    if (args['json'] === true) terminal.printJson(spec)
    else terminal.print(stringify(spec, { lineWidth: 0 }).trimEnd())
    return exitCodes.done
  },
}

async function specOf(args: Args, terminal: Terminal): Promise<JobSpecInput> {
  const read = await readSpecFile(args['file'] as string | undefined, args)
  for (const warning of read.warnings) terminal.note(`note: ${describeProblem(warning)}`)
  if (!read.ok) throw specInvalid(read.problems)
  return read.spec
}
