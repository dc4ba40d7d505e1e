import yargs, { type Argv } from 'yargs'
import type { Command, CommandEntry } from './command.ts'
import { commandTable, groups } from './table.ts'

export type RunEntry = (entry: CommandEntry, args: Readonly<Record<string, unknown>>) => Promise<void>

/**
 * The whole command line: `run` is called with the one command that is meant, `complain` with what is wrong (and yargs
 * goes on to `run` after a complaint that did not throw).
 */
export function createParser(
  argv: readonly string[],
  run: RunEntry,
  complain: (message: string) => void,
): Argv {
  return withCommands(globalOptions(yargs(namedAfterDashes(argv))), run)
    .scriptName('edge')
    .usage(
      '$0 COMMAND\n\nRuns YOLOv5 where the footage lies and brings back only the clips of significant events.',
    )
    .demandCommand(1, 'Which command? `edge --help` lists them.')
    .strict()
    .recommendCommands()
    .version(false)
    .help()
    .alias('help', 'h')
    .wrap(Math.min(110, process.stdout.columns || 100))
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      if (error !== undefined && message === null) throw error
      complain(message ?? String(error))
    })
}

const globalNames = ['api-host', 'api-port', 'profile', 'data-dir', 'help'] as const

/** Options of every command. */
export function globalOptions(parser: Argv): Argv {
  return parser
    .option('api-host', { type: 'string', global: true, describe: 'where the requester’s API is: host' })
    .option('api-port', { type: 'string', global: true, describe: 'where the requester’s API is: port' })
    .option('profile', {
      type: 'string',
      global: true,
      describe: 'an API that has a name here, see edge profile',
    })
    .option('data-dir', {
      type: 'string',
      global: true,
      describe: 'directory of everything a node keeps (~/.edge)',
    })
    .group([...globalNames], 'Everywhere:')
}

/** The words by which a command is called: `job list`. */
export function nameOf({ group, command }: CommandEntry): string {
  const verb = command.split(' ')[0] ?? command
  return group === undefined ? verb : `${group} ${verb}`
}

/** The examples of a command, with the name by which it is called here. */
export function examplesOf(entry: CommandEntry, { examples }: Command): Command['examples'] {
  const { short } = entry
  if (short === undefined) return examples
  const said = new RegExp(String.raw`\bedge ${short}\b`)
  return examples.map(([line, what]) => [line.replace(said, `edge ${nameOf(entry)}`), what] as const)
}

/** What comes after `--` is no option, which yargs would not give to a command: a file called `-i.mp4` becomes `./-i.mp4`. */
function namedAfterDashes(argv: readonly string[]): string[] {
  const at = argv.indexOf('--')
  if (at === -1) return [...argv]
  const names = argv.slice(at + 1).map((word) => (word.startsWith('-') ? `./${word}` : word))
  return [...argv.slice(0, at), ...names]
}

function withCommands(parser: Argv, run: RunEntry): Argv {
  const groupNames = new Set(commandTable.map(({ group }) => group).filter((group) => group !== undefined))
  for (const entry of commandTable.filter(({ group }) => group === undefined)) addCommand(parser, entry, run)
  for (const group of groupNames) {
    parser.command(group, groups[group] ?? '', (inner) => {
      for (const entry of commandTable) if (entry.group === group) addCommand(inner, entry, run)
      return inner
        .demandCommand(1, `Which? \`edge ${group} --help\` lists them.`)
        .strict()
        .recommendCommands()
    })
  }
  return parser
}

function addCommand(parser: Argv, entry: CommandEntry, run: RunEntry): void {
  parser.command(
    entry.command,
    entry.describe,
    async (inner) => {
      const command: Command = await entry.load()
      for (const [line, what] of examplesOf(entry, command)) inner.example(line, what)
      return command.build(inner)
    },
    (args) => run(entry, args),
  )
}
