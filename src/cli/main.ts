import { enableCompileCache } from 'node:module'
import { wordsKey } from './container-words.ts'
import { createParser } from './parser.ts'
import { splitWords } from './split-words.ts'
import { commandTable } from './table.ts'

enableCompileCache()
process.exitCode = await main(process.argv.slice(2))

/** Parses the command line, loads the one command that is meant, runs it; answers with the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === '__complete') {
    const { printCompletions } = await import('./complete/print-completions.ts')
    return printCompletions(argv.slice(1))
  }
  let exitCode = 0
  const complaints: string[] = []
  const { words, passedOn } = await splitWords(argv, commandTable)
  const parser = createParser(
    words,
    async (entry, args) => {
      if (complaints.length > 0) return
      const { runCommand } = await import('./run-command.ts')
      exitCode = await runCommand(await entry.load(), { ...args, [wordsKey]: passedOn })
    },
    (message) => complaints.unshift(message),
  )
  await parser.parseAsync()
  if (complaints.length === 0) return exitCode
  process.stderr.write(`edge: ${complaints.join('. ')}\nSee edge --help, or --help after a command.\n`)
  return 2
}
