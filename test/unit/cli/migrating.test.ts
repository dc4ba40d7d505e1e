import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { factsOf, globalFacts } from '../../../src/cli/command-facts.ts'
import { nameOf } from '../../../src/cli/parser.ts'
import { commandTable } from '../../../src/cli/table.ts'

const page = await readFile(new URL('../../../docs/migrating-from-bacalhau.md', import.meta.url), 'utf8')
const commands = [...new Set([...page.matchAll(/`(edge [a-z][^`]*)`/g)].map(([, command = '']) => command))]

describe('docs/migrating-from-bacalhau.md', () => {
  it.each(commands)('names a command and flags that exist: %s', async (line) => {
    const words = line.split(/\s+/).slice(1)
    const entry = commandTable.find((each) => {
      const name = nameOf(each).split(' ')
      return name.every((word, at) => words[at] === word)
    })
    expect(entry, line).toBeDefined()
    const { options } = await factsOf(entry!)
    const known = [...options, ...globalFacts()].flatMap(({ name, aliases }) =>
      [name, ...aliases].flatMap((word) =>
        word.length === 1 ? [`-${word}`] : [`--${word}`, `--no-${word}`],
      ),
    )
    for (const word of words.filter((each) => /^--?[a-z]/i.test(each)))
      expect(known).toContain(word.split('=')[0])
  })
})
