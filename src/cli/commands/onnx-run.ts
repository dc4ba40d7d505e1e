import { z } from 'zod'
import { checkJobSpec, EdgeError, specInvalid, type JobSpecInput } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { parseInput } from '../parse-input.ts'
import { parsePairs } from '../parse-pairs.ts'
import { clipOptions, clipsOf } from './clip-options.ts'
import { idempotencyOption, waitOptions } from './client-options.ts'
import { downloadOptions } from './get.ts'
import { policyOptions, policyOf } from './policy-options.ts'
import { rangeOf, rangeOptions } from './range-options.ts'
import { submitJob } from './submit-job.ts'

const Options = z.looseObject({
  target: z.enum(['all', 'any']),
  count: z.number().optional(),
  input: z.array(z.string()),
  selector: z.string().optional(),
  label: z.array(z.string()),
  name: z.string().optional(),
  timeout: z.number().optional(),
  priority: z.number().optional(),
  dryRun: z.boolean().optional(),
})

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
    idempotencyOption(downloadOptions(waitOptions(rangeOptions(clipOptions(policyOptions(yargs))))))
      .option('target', {
        choices: ['all', 'any'] as const,
        default: 'any',
        describe: 'every matching node, or as many as --count says',
      })
      .option('count', { type: 'number', describe: 'with --target=any: on how many nodes (1)' })
      .option('input', {
        alias: 'i',
        type: 'string',
        array: true,
        nargs: 1,
        demandOption: true,
        describe:
          'file:///path-on-the-node:/target, https://host/file.mp4:/target or edge://JOB/path:/target, repeatable',
      })
      .option('selector', {
        alias: 's',
        type: 'string',
        describe: 'only nodes with these labels, e.g. site=north',
      })
      .option('label', {
        alias: 'l',
        type: 'string',
        array: true,
        nargs: 1,
        default: [],
        describe: 'label of the job, name=value, repeatable',
      })
      .option('name', { type: 'string', describe: 'name of the job' })
      .option('timeout', { type: 'number', describe: 'seconds that an execution may run' })
      .option('priority', { type: 'number', describe: '-100 to 100' })
      .option('dry-run', { type: 'boolean', describe: 'print the job spec and submit nothing' })
      .option('json', { type: 'boolean', describe: 'print the job as JSON when it is over' }),
  run: async (args, terminal) => {
    const spec = await specOf(args)
    const checked = checkJobSpec(spec)
    if (!checked.ok) throw specInvalid(checked.problems)
    if (args['dryRun'] === true) {
      terminal.printJson(spec)
      return exitCodes.done
    }
    return submitJob(connect(args), spec, args, terminal)
  },
}

async function specOf(args: Readonly<Record<string, unknown>>): Promise<JobSpecInput> {
  const options = Options.parse(args)
  if (options.target === 'all' && options.count !== undefined) {
    throw new EdgeError('usage', '--count belongs to --target=any; --target=all runs on every matching node')
  }
  const { engine, policy } = await policyOf(args)
  return {
    apiVersion: 'edge/v1',
    type: options.target === 'all' ? 'ops' : 'batch',
    ...(options.count === undefined ? {} : { count: options.count }),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.selector === undefined ? {} : { selector: options.selector }),
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    labels: parsePairs('--label', options.label),
    engine: { type: 'onnx', ...engine, ...rangeOf(args), ...clipsOf(args), policy },
    inputs: options.input.map(parseInput),
    ...(options.timeout === undefined ? {} : { timeouts: { executionSeconds: options.timeout } }),
  }
}
