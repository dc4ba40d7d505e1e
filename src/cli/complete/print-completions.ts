import { harmless } from '../terminal.ts'
import { completeWords } from './complete-words.ts'
import { realLookups } from './lookups.ts'

/** `edge __complete WORDS`, which the scripts of `edge completion` call: one candidate a line, a tab before what it is. */
export async function printCompletions(words: readonly string[]): Promise<number> {
  for (const { value, what } of await completeWords(words, realLookups)) {
    process.stdout.write(`${oneLine(value)}\t${oneLine(what)}\n`)
  }
  return 0
}

function oneLine(text: string): string {
  return harmless(text).replace(/\s+/g, ' ')
}
