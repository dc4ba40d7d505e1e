import yargs from 'yargs'
import type { CommandEntry } from './command.ts'
import { globalOptions } from './parser.ts'

export interface SplitWords {
  /** What is for edge. */
  readonly words: readonly string[]
  /** What stands after the positional of a command that passes the rest on, such as the image of `docker run`. */
  readonly passedOn?: readonly string[]
}

const globalFlag = /^--(api-host|api-port|data-dir|profile)(=|$)/

/**
 * Takes what a container is to get off the command line. Where its image stands depends on which flags take a word, so
 * yargs is asked with the flags of that very command, told to stop at the first word that is none. Word processors turn
 * `--` into a dash: such a dash before a flag of edge is read as `--`.
 */
export async function splitWords(
  argv: readonly string[],
  entries: readonly CommandEntry[],
): Promise<SplitWords> {
  const words = argv.map((word) => word.replace(/^[–—](?=[a-z])/, '--'))
  const start = words.findIndex((word, index) => !isGlobal(words, index) && !word.startsWith('-'))
  const entry = entries.find(
    ({ passesOn, group, command }) =>
      passesOn === true && group === words[start] && command.split(' ')[0] === words[start + 1],
  )
  if (entry === undefined) return { words }
  const flags = words.slice(start + 2)
  const { build } = await entry.load()
  const { _: rest } = await build(globalOptions(yargs([...flags])))
    .parserConfiguration({ 'halt-at-non-option': true, 'unknown-options-as-args': true })
    .help(false)
    .version(false)
    .exitProcess(false)
    .fail(() => undefined)
    .parseAsync()
  const image = words.length - rest.length
  const first = words[image]
  if (first === undefined) return { words }
  // A flag that nobody knows: the parser says so, and must not take the image for its value.
  if (first.startsWith('-') && words[image - 1] !== '--')
    return { words: [...words.slice(0, image), 'image', first] }
  // In the words as they were typed: dashes of the container’s are its own.
  return {
    words: [...words.slice(0, image).filter((word) => word !== '--'), first],
    passedOn: argv.slice(image + 1),
  }
}

/** A global flag, or the value that follows one. */
function isGlobal(words: readonly string[], index: number): boolean {
  const before = words[index - 1] ?? ''
  return globalFlag.test(words[index] ?? '') || (globalFlag.test(before) && !before.includes('='))
}
