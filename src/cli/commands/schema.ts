import { jobSpecSchema } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'

/** `edge schema`: the JSON schema of edge/v1, as docs/job-spec.schema.json holds it. */
export const schema: Command = {
  examples: [['edge schema > job-spec.schema.json', 'for an editor that checks while you write']],
  build: (yargs) => yargs,
  run: (_args, terminal) => {
    terminal.printJson(jobSpecSchema())
    return Promise.resolve(exitCodes.done)
  },
}
