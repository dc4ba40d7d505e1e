import { describe, expect, it } from 'vitest'
import { factsOf, globalFacts } from '../../../src/cli/command-facts.ts'
import { nameOf } from '../../../src/cli/parser.ts'
import { commandTable, groups } from '../../../src/cli/table.ts'

describe('every command', () => {
  it.each(commandTable.map((entry) => [nameOf(entry), entry] as const))(
    '%s has an example of its own, and a word about everything it takes',
    async (name, entry) => {
      const { examples, positionals, options, usage } = await factsOf(entry)
      expect(examples.length).toBeGreaterThan(0)
      for (const [line] of examples) expect(line).toContain(`edge ${name}`)
      for (const option of [...positionals, ...options])
        expect(option.describe, `${usage} ${option.name}`).not.toBe('')
    },
  )

  it('has a name that no other has, and every group a word about it', () => {
    const names = commandTable.map(nameOf)
    expect(new Set(names).size).toBe(names.length)
    for (const { group } of commandTable) if (group !== undefined) expect(groups[group]).toBeTruthy()
  })
})

describe('facts about a command', () => {
  it('tell aliases, choices, defaults and what is required', async () => {
    const entry = commandTable.find((each) => nameOf(each) === 'job list')!
    const { options } = await factsOf(entry)
    const byName = new Map(options.map((option) => [option.name, option]))
    expect(byName.get('limit')).toMatchObject({ aliases: ['n', 'number'], type: 'number', default: 10 })
    expect(byName.get('output')?.choices).toEqual(['table', 'wide', 'json', 'yaml'])
    expect(byName.get('label')?.isRepeatable).toBe(true)
    expect(globalFacts().map(({ name }) => name)).toContain('profile')
  })
})
