import type { Argv } from 'yargs'
import { z } from 'zod'
import { parseSeconds } from '../../domain/foreign-specs/units.ts'
import { EdgeError, type JobSpecInput } from '../../domain/index.ts'
import type { Args } from '../command.ts'
import { idempotencyOption } from './client-options.ts'
import { parseInput } from '../parse-input.ts'
import { parseOptions } from '../parse-options.ts'
import { parsePairs } from '../parse-pairs.ts'

/** Flags of every job, whatever its engine: shared by `onnx run` and `docker run`. */
export const jobOptions = (yargs: Argv): Argv =>
  idempotencyOption(yargs)
    .option('target', {
      choices: ['all', 'any'] as const,
      default: 'any',
      describe: 'every matching node, or as many as --count says',
    })
    .option('count', {
      alias: 'concurrency',
      type: 'number',
      describe: 'with --target=any: on how many nodes (1)',
    })
    .option('input', {
      alias: 'i',
      type: 'string',
      array: true,
      nargs: 1,
      describe:
        'file:///path-on-the-node:/target, https://host/file.mp4:/target or edge://JOB/path:/target, repeatable',
    })
    .option('selector', {
      alias: 's',
      type: 'string',
      describe: 'only nodes with these labels, e.g. site=north',
    })
    .option('label', {
      alias: ['l', 'labels'],
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      describe: 'label of the job, name=value, repeatable',
    })
    .option('name', { type: 'string', describe: 'name of the job' })
    .option('timeout', {
      type: 'string',
      describe: 'how long an execution may run: seconds, or 90s, 10m, 1h30m',
    })
    .option('priority', { type: 'number', describe: '-100 to 100' })
    .option('dry-run', { type: 'boolean', describe: 'print the job spec and submit nothing' })
    .option('json', { type: 'boolean', describe: 'print the job as JSON when it is over' })

const Options = z.looseObject({
  target: z.enum(['all', 'any']).default('any'),
  count: z.number().optional(),
  input: z.array(z.string()).default([]),
  selector: z.string().optional(),
  label: z.array(z.string()).default([]),
  name: z.string().optional(),
  timeout: z.union([z.string(), z.number()]).optional(),
  priority: z.number().optional(),
})

/** What those flags say, everything of a spec but its engine. Ranges are checked with the spec. Throws `usage`. */
export function jobOf(args: Args): Omit<JobSpecInput, 'engine'> & Required<Pick<JobSpecInput, 'inputs'>> {
  const options = parseOptions(Options, args)
  if (options.target === 'all' && options.count !== undefined) {
    throw new EdgeError('usage', '--count belongs to --target=any; --target=all runs on every matching node')
  }
  return {
    apiVersion: 'edge/v1',
    type: options.target === 'all' ? 'ops' : 'batch',
    ...(options.count === undefined ? {} : { count: options.count }),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.selector === undefined ? {} : { selector: options.selector }),
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    labels: parsePairs('--label', options.label),
    inputs: options.input.map(parseInput),
    ...(options.timeout === undefined
      ? {}
      : { timeouts: { executionSeconds: secondsOf(String(options.timeout)) } }),
  }
}

function secondsOf(text: string): number {
  const seconds = parseSeconds(text)
  if (seconds === undefined)
    throw new EdgeError('usage', `--timeout ${JSON.stringify(text)} is no length of time`, {
      hint: 'Write seconds (600) or a number and its unit: 90s, 10m, 1h30m.',
    })
  return seconds
}
