import { describe, expect, it } from 'vitest'
import { completeWords } from '../../../src/cli/complete/complete-words.ts'
import type { Lookups } from '../../../src/cli/complete/lookups.ts'
import { commandTable, groups } from '../../../src/cli/table.ts'

/** Answers with what it was asked. */
const lookups: Lookups = {
  argument: (command, argument, given) =>
    Promise.resolve([{ value: `${command}|${argument}|${given['api-port'] ?? ''}`, what: '' }]),
}
const values = async (...words: readonly string[]): Promise<readonly string[]> =>
  (await completeWords(words, lookups)).map(({ value }) => value)

describe('completion', () => {
  it('offers every command and group, then the commands of a group', async () => {
    const first = await values('')
    for (const { group, command } of commandTable) expect(first).toContain(group ?? command.split(' ')[0])
    for (const group of Object.keys(groups))
      expect((await values(group, '')).length, group).toBeGreaterThan(0)
    expect(await values('job', 'exe')).toEqual(['executions'])
    expect(await values('nothing', '')).toEqual([])
  })

  it('offers the flags of a command and those of all, negated where they are on by default', async () => {
    expect(await values('job', 'list', '--')).toEqual(
      expect.arrayContaining(['--state', '--output', '--no-header', '--api-host', '--profile']),
    )
    expect(await values('--pro')).toEqual(['--profile'])
  })

  it('offers the values that a flag may have, also after = and for its short form', async () => {
    expect(await values('list', '-o', 'w')).toEqual(['wide'])
    expect(await values('list', '--output', '=')).toEqual(['table', 'wide', 'json', 'yaml'])
    expect(await values('list', '--output', '=', 'y')).toEqual(['yaml'])
    expect(await values('completion', '')).toEqual(['bash', 'zsh', 'fish'])
  })

  it('asks for jobs, nodes and profiles at the API that the line names', async () => {
    expect(await values('--api-port', '7', 'job', 'stop', '')).toEqual(['job stop|job|7'])
    expect(await values('get', '--raw', '--api-port=8', '')).toEqual(['get|job|8'])
    expect(await values('node', 'list', '--profile', '')).toEqual(['node list|--profile|'])
  })

  it('offers nothing after the last argument, and asks again where there may be many', async () => {
    expect(await values('get', '4b1422ff', '')).toEqual([])
    expect(await values('events', 'a.mp4', '')).toEqual(['events|paths|'])
  })
})
