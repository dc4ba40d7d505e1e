import type { Argv } from 'yargs'
import type { Command, CommandEntry } from './command.ts'
import { examplesOf, globalOptions, nameOf } from './parser.ts'

/** One flag or positional argument as its command declares it. */
export interface OptionFacts {
  readonly name: string
  readonly aliases: readonly string[]
  readonly describe: string
  readonly type: 'string' | 'number' | 'boolean'
  readonly choices: readonly string[]
  readonly default: unknown
  readonly isRepeatable: boolean
  readonly isRequired: boolean
}

export interface CommandFacts {
  /** `job list` */
  readonly name: string
  /** `job describe <job>` */
  readonly usage: string
  readonly describe: string
  /** The name of the command of which this is the short form. */
  readonly shortOf: string | undefined
  readonly positionals: readonly OptionFacts[]
  readonly options: readonly OptionFacts[]
  readonly examples: Command['examples']
  /** What its help says at the end. */
  readonly epilogue: string | undefined
}

/** What a command takes, for completion and for the documentation. */
export async function factsOf(entry: CommandEntry): Promise<CommandFacts> {
  const command = await entry.load()
  const { positionals, options, epilogue } = record((yargs) => command.build(yargs))
  const { group, describe } = entry
  const usage = group === undefined ? entry.command : `${group} ${entry.command}`
  return {
    name: nameOf(entry),
    usage,
    describe,
    shortOf: entry.shortOf,
    positionals,
    options,
    examples: examplesOf(entry, command),
    epilogue,
  }
}

/** What every command takes. */
export function globalFacts(): readonly OptionFacts[] {
  return record(globalOptions).options
}

interface Declaration {
  readonly alias?: string | readonly string[]
  readonly describe?: string
  readonly type?: OptionFacts['type']
  readonly choices?: readonly unknown[]
  readonly default?: unknown
  readonly array?: boolean
  readonly demandOption?: boolean
}

interface Recorded {
  readonly positionals: readonly OptionFacts[]
  readonly options: readonly OptionFacts[]
  readonly epilogue: string | undefined
}

/** Lets `build` declare what it wants to a listener in place of yargs, which does not tell what it was told. */
function record(build: (yargs: Argv) => unknown): Recorded {
  const positionals: OptionFacts[] = []
  const options: OptionFacts[] = []
  const aliases = new Map<string, string[]>()
  let epilogue: string | undefined
  const heard: Readonly<Record<string, (...words: never[]) => void>> = {
    option: (name: string, declared: Declaration) => options.push(factOf(name, declared)),
    options: (all: Readonly<Record<string, Declaration>>) => {
      for (const [name, declared] of Object.entries(all)) options.push(factOf(name, declared))
    },
    positional: (name: string, declared: Declaration) => positionals.push(factOf(name, declared)),
    alias: (names: Readonly<Record<string, string>>) => {
      for (const [name, alias] of Object.entries(names))
        aliases.set(name, [...(aliases.get(name) ?? []), alias])
    },
    epilogue: (text: string) => {
      epilogue = text
    },
  }
  const listener: Argv = new Proxy({} as Argv, {
    get: (_, method) => {
      // Whatever else is said about options (groups, conflicts) is no declaration.
      return (...words: never[]) => {
        heard[String(method)]?.(...words)
        return listener
      }
    },
  })
  build(listener)
  const withAliases = options.map((option) => ({
    ...option,
    aliases: [...option.aliases, ...(aliases.get(option.name) ?? [])],
  }))
  return { positionals, options: withAliases, epilogue }
}

function factOf(name: string, declared: Declaration): OptionFacts {
  const { alias = [], describe = '', choices = [], array = false, demandOption = false } = declared
  return {
    name,
    aliases: typeof alias === 'string' ? [alias] : alias,
    describe,
    type: declared.type ?? 'string',
    choices: choices.map(String),
    default: declared.default,
    isRepeatable: array,
    isRequired: demandOption,
  }
}
