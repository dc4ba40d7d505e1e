import type { CommandEntry } from './command.ts'

/** The group `job`: submitting, what there is to see of a job, and what can be done with it. */
export const jobCommands: readonly CommandEntry[] = [
  {
    group: 'job',
    command: 'run [file]',
    short: 'create',
    describe: 'Submit a job spec (YAML or JSON; stdin without file)',
    load: async () => (await import('./commands/create.ts')).create,
  },
  {
    group: 'job',
    command: 'validate [file]',
    short: 'validate',
    describe: 'Check a job spec and print every problem',
    load: async () => (await import('./commands/validate.ts')).validate,
  },
  {
    group: 'job',
    command: 'diff <before> <after>',
    describe: 'Compare two specs, of files or jobs, field by field',
    load: async () => (await import('./commands/job-diff.ts')).jobDiff,
  },
  {
    group: 'job',
    command: 'list',
    short: 'list',
    describe: 'List jobs',
    load: async () => (await import('./commands/list.ts')).list,
  },
  {
    group: 'job',
    command: 'describe <job>',
    short: 'describe',
    describe: 'Show a job with its executions and reasons',
    load: async () => (await import('./commands/describe.ts')).describe,
  },
  {
    group: 'job',
    command: 'history <job>',
    describe: 'Show what happened to a job, step by step',
    load: async () => (await import('./commands/job-history.ts')).jobHistory,
  },
  {
    group: 'job',
    command: 'executions <job>',
    describe: 'List a job’s executions',
    load: async () => (await import('./commands/job-executions.ts')).jobExecutions,
  },
  {
    group: 'job',
    command: 'explain <job>',
    describe: 'Why each node was chosen for a job, or not',
    load: async () => (await import('./commands/job-explain.ts')).jobExplain,
  },
  {
    group: 'job',
    command: 'logs <job>',
    short: 'logs',
    describe: 'Show what a job’s executions print',
    load: async () => (await import('./commands/logs.ts')).logs,
  },
  {
    group: 'job',
    command: 'results <job>',
    describe: 'List what each node published: CID, bytes, events, clips',
    load: async () => (await import('./commands/job-results.ts')).jobResults,
  },
  {
    group: 'job',
    command: 'wait <job>',
    short: 'wait',
    describe: 'Wait until a job is over',
    load: async () => (await import('./commands/wait.ts')).wait,
  },
  {
    group: 'job',
    command: 'stop <job>',
    short: 'cancel',
    describe: 'Stop a job',
    load: async () => (await import('./commands/cancel.ts')).cancel,
  },
  {
    group: 'job',
    command: 'rerun <job>',
    describe: 'Submit a job’s spec again, as a new job',
    load: async () => (await import('./commands/job-rerun.ts')).jobRerun,
  },
  {
    group: 'job',
    command: 'get <job>',
    short: 'get',
    describe: 'Fetch a job’s results',
    load: async () => (await import('./commands/get.ts')).get,
  },
]

/** The same commands under their short names: `edge list` is `edge job list`. */
export const shortCommands: readonly CommandEntry[] = jobCommands.flatMap(
  ({ command, short, describe, load }) => {
    if (short === undefined) return []
    return [
      {
        command: command.replace(/^\S+/, short),
        shortOf: `job ${command.split(' ')[0] ?? ''}`,
        describe,
        load,
      },
    ]
  },
)
