import type { CommandEntry } from '../command.ts'
import { factsOf, globalFacts, type CommandFacts, type OptionFacts } from '../command-facts.ts'
import { commandTable, groups } from '../table.ts'
import type { Candidate, Lookups } from './lookups.ts'

/**
 * What may come at the end of `words`, the words after `edge`; the last one is what is typed so far. Nothing when only
 * the shell can know, which then offers files.
 */
export async function completeWords(
  words: readonly string[],
  lookups: Lookups,
): Promise<readonly Candidate[]> {
  const [typed = '', before] = [words.at(-1), words.slice(0, -1).filter((word) => word !== '=')]
  const line = await readLine(before)
  // Bash gives `--output=` as two words.
  const wanted = typed === '=' ? '' : typed
  const all = await candidates(line, wanted, lookups)
  return all.filter(({ value }) => value.startsWith(wanted))
}

interface Line {
  /** The words that are no flags, of which the first name the command. */
  readonly path: readonly string[]
  readonly command: CommandFacts | undefined
  /** The flag that waits for its value. */
  readonly waiting: OptionFacts | undefined
  /** Values of flags that were given, for asking the right API. */
  readonly given: Readonly<Record<string, string>>
}

async function readLine(before: readonly string[]): Promise<Line> {
  let path: readonly string[] = []
  let command: CommandFacts | undefined
  let waiting: OptionFacts | undefined
  const given: Record<string, string> = {}
  for (const word of before) {
    if (waiting !== undefined) {
      given[waiting.name] = word
      waiting = undefined
    } else if (word.startsWith('-') && word !== '-') {
      const [flag = '', value] = word.split(/=(.*)/s)
      const option = optionNamed(flag, command)
      if (option !== undefined && value !== undefined) given[option.name] = value
      else if (option !== undefined && option.type !== 'boolean') waiting = option
    } else {
      path = [...path, word]
      const entry = command === undefined ? entryOf(path) : undefined
      if (entry !== undefined) command = await factsOf(entry)
    }
  }
  return { path, command, waiting, given }
}

function optionNamed(flag: string, command: CommandFacts | undefined): OptionFacts | undefined {
  const name = flag.replace(/^--?/, '')
  return [...(command?.options ?? []), ...globalFacts()].find(
    (option) => option.name === name || option.aliases.includes(name),
  )
}

function entryOf([first, second]: readonly string[]): CommandEntry | undefined {
  return commandTable.find(({ group, command }) => {
    const [verb] = command.split(' ')
    return group === undefined ? verb === first && second === undefined : group === first && verb === second
  })
}

async function candidates(line: Line, wanted: string, lookups: Lookups): Promise<readonly Candidate[]> {
  const { path, command, waiting, given } = line
  if (waiting !== undefined) return valuesOf(waiting, line, lookups)
  if (wanted.startsWith('-')) return flagsOf(command)
  if (command === undefined) return path.length === 0 ? firstWords() : verbsOf(path[0] ?? '')
  const place = path.length - command.name.split(' ').length
  const positional = command.positionals[Math.min(place, command.positionals.length - 1)]
  if (positional === undefined || (place >= command.positionals.length && !command.usage.includes('..')))
    return []
  if (positional.choices.length > 0) return positional.choices.map((value) => ({ value, what: '' }))
  return lookups.argument(command.name, positional.name, given)
}

async function valuesOf(
  option: OptionFacts,
  { command, given }: Line,
  lookups: Lookups,
): Promise<readonly Candidate[]> {
  if (option.choices.length > 0) return option.choices.map((value) => ({ value, what: '' }))
  return lookups.argument(command?.name ?? '', `--${option.name}`, given)
}

function flagsOf(command: CommandFacts | undefined): readonly Candidate[] {
  return [...(command?.options ?? []), ...globalFacts()].map(
    ({ name, describe, type, default: fallback }) => ({
      value: type === 'boolean' && fallback === true ? `--no-${name}` : `--${name}`,
      what: describe,
    }),
  )
}

function firstWords(): readonly Candidate[] {
  const alone = commandTable.filter(({ group }) => group === undefined)
  return [
    ...alone.map(({ command, describe }) => ({ value: command.split(' ')[0] ?? '', what: describe })),
    ...Object.entries(groups).map(([value, what]) => ({ value, what })),
  ]
}

function verbsOf(wanted: string): readonly Candidate[] {
  return commandTable
    .filter(({ group }) => group === wanted)
    .map(({ command, describe }) => ({ value: command.split(' ')[0] ?? '', what: describe }))
}
