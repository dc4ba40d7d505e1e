import { enableCompileCache } from 'node:module'
import yargs, { type Argv } from 'yargs'
import type { Command } from './command.ts'
import { wordsKey } from './container-words.ts'
import { splitWords } from './split-words.ts'
import { commandTable, groups, type CommandEntry } from './table.ts'

enableCompileCache()
process.exitCode = await main(process.argv.slice(2))

/** Parses the command line, loads the one command that is meant, runs it; answers with the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  let exitCode = 0
  const complaints: string[] = []
  const { words, passedOn } = await splitWords(argv, commandTable)
  const run = async (entry: CommandEntry, args: Readonly<Record<string, unknown>>): Promise<void> => {
    // yargs goes on to the handler after a complaint that did not throw.
    if (complaints.length > 0) return
    const { runCommand } = await import('./run-command.ts')
    exitCode = await runCommand(await entry.load(), { ...args, [wordsKey]: passedOn })
  }
  const parser = withCommands(yargs(namedAfterDashes(words)), commandTable, run)
    .scriptName('edge')
    .usage(
      '$0 COMMAND\n\nRuns YOLOv5 where the footage lies and brings back only the clips of significant events.',
    )
    .option('api-host', { type: 'string', global: true, describe: 'where the requester’s API is: host' })
    .option('api-port', { type: 'string', global: true, describe: 'where the requester’s API is: port' })
    .option('data-dir', {
      type: 'string',
      global: true,
      describe: 'directory of everything a node keeps (~/.edge)',
    })
    .group(['api-host', 'api-port', 'data-dir', 'help'], 'Everywhere:')
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
      complaints.unshift(message ?? String(error))
    })
  await parser.parseAsync()
  if (complaints.length === 0) return exitCode
  process.stderr.write(`edge: ${complaints.join('. ')}\nSee edge --help, or --help after a command.\n`)
  return 2
}

/** What comes after `--` is no option, which yargs would not give to a command: a file called `-i.mp4` becomes `./-i.mp4`. */
function namedAfterDashes(argv: readonly string[]): string[] {
  const at = argv.indexOf('--')
  if (at === -1) return [...argv]
  const names = argv.slice(at + 1).map((word) => (word.startsWith('-') ? `./${word}` : word))
  return [...argv.slice(0, at), ...names]
}

function withCommands(
  parser: Argv,
  entries: readonly CommandEntry[],
  run: (entry: CommandEntry, args: Readonly<Record<string, unknown>>) => Promise<void>,
): Argv {
  const groupNames = new Set(entries.map(({ group }) => group).filter((group) => group !== undefined))
  for (const entry of entries.filter(({ group }) => group === undefined)) addCommand(parser, entry, run)
  for (const group of groupNames) {
    parser.command(group, groups[group] ?? '', (inner) => {
      for (const entry of entries) if (entry.group === group) addCommand(inner, entry, run)
      return inner.demandCommand(1, `Which? \`edge ${group} --help\` lists them.`).strict()
    })
  }
  return parser
}

function addCommand(
  parser: Argv,
  entry: CommandEntry,
  run: (entry: CommandEntry, args: Readonly<Record<string, unknown>>) => Promise<void>,
): void {
  parser.command(
    entry.command,
    entry.describe,
    async (inner) => {
      const { build, examples }: Command = await entry.load()
      for (const [line, what] of examples) inner.example(line, what)
      return build(inner)
    },
    (args) => run(entry, args),
  )
}
