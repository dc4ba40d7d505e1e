/** Makes docs/cli.md from the command table: `node scripts/cli-page.ts` writes it, a test compares. */
import { writeFile } from 'node:fs/promises'
import { factsOf, globalFacts, type CommandFacts, type OptionFacts } from '../src/cli/command-facts.ts'
import { exitCodes } from '../src/cli/exit-codes.ts'
import { commandTable, groups } from '../src/cli/table.ts'
import { settingsTable } from '../src/config/index.ts'

const meanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: 'done; of a job that was waited for: all of it completed',
  failed: 'it failed, or the job that was waited for did',
  usage: 'the command line, a job spec or a setting makes no sense',
  notFound: 'no such job, node, execution, model, path or result',
  unreachable: 'nobody answers where the API should be',
  timedOut: 'the time to wait is over; the job goes on',
  interrupted: 'ended by Ctrl+C; a job that was submitted goes on',
}

export async function cliPage(): Promise<string> {
  const facts = await Promise.all(commandTable.map((entry) => factsOf(entry)))
  const alone = facts.filter((_, at) => commandTable[at]?.group === undefined)
  return [
    '# The command line',
    '',
    'Made from the command table by `scripts/cli-page.ts`; `edge COMMAND --help` says the same. People who know Bacalhau:',
    '[migrating-from-bacalhau.md](migrating-from-bacalhau.md).',
    '',
    ...everywhere(),
    '## Commands',
    '',
    ...table(
      ['command', 'what it does'],
      facts.map(({ usage, name, describe }) => [
        `[\`edge ${escaped(usage)}\`](#edge-${name.replaceAll(' ', '-')})`,
        describe,
      ]),
    ),
    '',
    ...alone.flatMap(section),
    ...Object.entries(groups).flatMap(([group, what]) => [
      `## ${group}`,
      '',
      `${what}.`,
      '',
      ...facts.filter((_, at) => commandTable[at]?.group === group).flatMap(section),
    ]),
  ].join('\n')
}

function everywhere(): readonly string[] {
  return [
    '## Everywhere',
    '',
    ...optionTable(globalFacts()),
    '',
    'Which API is spoken to: `--profile`; else an address in flags (`--api-host`, `--api-port`) or variables',
    `(\`${settingsTable.apiHost.env}\`, \`${settingsTable.apiPort.env}\`); else the profile of \`EDGE_PROFILE\`; else the one that`,
    '`edge profile select` chose; else config.yaml and defaults. A profile is taken as a whole: its token is shown to its own',
    `address only, and \`${settingsTable.apiToken.env}\` to addresses that no profile gives.`,
    '',
    'Results go to stdout, everything about the way there to stderr. Listings and descriptions take `--output`: `table` fits',
    'the terminal and tells times by their distance; `wide` shows everything, times in full; `json` and `yaml` give what the',
    'API says. Colours are there on a terminal only, and not with `NO_COLOR`. Ids may be cut to their first characters, nodes',
    'are known by their names, too. What comes after `--` is never a flag.',
    '',
    ...table(
      ['exit code', 'meaning'],
      (Object.keys(exitCodes) as (keyof typeof exitCodes)[]).map((name) => [
        String(exitCodes[name]),
        meanings[name],
      ]),
    ),
    '',
  ]
}

function section(facts: CommandFacts): readonly string[] {
  const { name, shortOf } = facts
  if (shortOf === undefined) return fullSection(facts)
  return [
    `### edge ${name}`,
    '',
    `The short form of [\`edge ${shortOf}\`](#edge-${shortOf.replaceAll(' ', '-')}).`,
    '',
  ]
}

function fullSection({
  name,
  usage,
  describe,
  positionals,
  options,
  examples,
  epilogue,
}: CommandFacts): readonly string[] {
  const own = options.filter(({ name: option }) => !globalFacts().some((known) => known.name === option))
  return [
    `### edge ${name}`,
    '',
    `${describe}: \`edge ${usage}\``,
    '',
    ...(positionals.length + own.length === 0
      ? []
      : [...optionTable([...positionals, ...own], positionals.length), '']),
    ...(epilogue === undefined ? [] : [epilogue, '']),
    ...examples.flatMap(([line, what]) => [`- \`${line}\`: ${what}`]),
    '',
  ]
}

function optionTable(options: readonly OptionFacts[], positionals = 0): readonly string[] {
  return table(
    ['', 'what it is', 'default'],
    options.map((option, at) => [
      at < positionals ? `\`${option.name}\`` : flagText(option),
      described(option),
      defaultText(option),
    ]),
  )
}

function flagText({ name, aliases, type, isRepeatable }: OptionFacts): string {
  const names = [name, ...aliases].map((word) => (word.length === 1 ? `-${word}` : `--${word}`))
  const value = type === 'boolean' ? '' : ` ${type.toUpperCase()}${isRepeatable ? '...' : ''}`
  return `\`${names.sort((left, right) => left.length - right.length).join(', ')}${value}\``
}

function described({ describe, choices, isRequired }: OptionFacts): string {
  const extra = [
    ...(choices.length === 0 ? [] : [`one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`]),
    ...(isRequired ? ['required'] : []),
  ]
  return [describe, ...extra].join('; ')
}

/** Defaults that are words about this machine are told in the description. */
function defaultText({ default: value }: OptionFacts): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return ''
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => escaped(cell)).join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)]
}

function escaped(text: string): string {
  return text.replace(/(?<!\\)\|/g, '\\|')
}

if (import.meta.main) await writeFile(new URL('../docs/cli.md', import.meta.url), await cliPage())
