import type { JobSpecInput } from '../../domain/index.ts'
import type { Args, Command } from '../command.ts'
import { clipOptions, clipsOf } from './clip-options.ts'
import { waitOptions } from './client-options.ts'
import { downloadOptions } from './get.ts'
import { jobOf, jobOptions } from './job-options.ts'
import { policyOptions, policyOf } from './policy-options.ts'
import { rangeOf, rangeOptions } from './range-options.ts'
import { submitOrPrint } from './submit-job.ts'

/** `edge onnx run`: an `ops` job on every matching node (--target=all), or a `batch` job on some. */
export const onnxRun: Command = {
  examples: [
    ['edge onnx run --target=all --input file:///videos:/videos', 'on every node that allow-lists /videos'],
    [
      'edge onnx run --target=all -i file:///videos:/videos --classes person,dog --selector site=north',
      'people and dogs, northern nodes',
    ],
    [
      'edge onnx run --target=all -i file:///videos:/videos --policy gate.yaml',
      'what the policy file says, on every node',
    ],
  ],
  build: (yargs) =>
    jobOptions(downloadOptions(waitOptions(rangeOptions(clipOptions(policyOptions(yargs)))))).demandOption(
      'input',
    ),
  run: async (args, terminal) => submitOrPrint(await specOf(args), args, terminal),
}

async function specOf(args: Args): Promise<JobSpecInput> {
  const { engine, policy } = await policyOf(args)
  return { ...jobOf(args), engine: { type: 'onnx', ...engine, ...rangeOf(args), ...clipsOf(args), policy } }
}
