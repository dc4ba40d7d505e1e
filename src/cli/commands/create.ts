import type { JobSpecInput } from '../../domain/index.ts'
import { checkJobSpec, specInvalid } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { readDocument } from '../read-document.ts'
import { waitOptions } from './client-options.ts'
import { downloadOptions } from './get.ts'
import { submitJob } from './submit-job.ts'

/** `edge create job.yaml`, `edge create < job.yaml`. */
export const create: Command = {
  examples: [
    ['edge create job.yaml', 'submit an edge/v1 spec and follow the job'],
    ['cat job.yaml | edge create', 'the same from stdin'],
  ],
  build: (yargs) =>
    downloadOptions(waitOptions(yargs))
      .positional('file', { type: 'string', describe: 'YAML or JSON; stdin when left out or -' })
      .option('json', { type: 'boolean', describe: 'print the job as JSON' }),
  run: async (args, terminal) => {
    const document = await readDocument(args['file'] as string | undefined)
    const checked = checkJobSpec(document)
    if (!checked.ok) throw specInvalid(checked.problems)
    return submitJob(connect(args), document as JobSpecInput, args, terminal)
  },
}
