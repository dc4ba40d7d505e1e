import { describe, expect, it } from 'vitest'
import { commandTable } from '../../src/cli/table.ts'
import { runEdge } from '../support/cluster.ts'

describe('edge --help', () => {
  it('lists every command and every group', async () => {
    const { code, stdout } = await runEdge(['--help'])
    expect(code).toBe(0)
    for (const { group, command } of commandTable) expect(stdout).toContain(`edge ${group ?? command}`)
  })

  it.each(
    commandTable.map(({ group, command }) => [
      [group, command.split(' ')[0]].filter((word) => word !== undefined),
    ]),
  )('explains %j with an example', async (words) => {
    const { code, stdout } = await runEdge([...words, '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('Examples:')
  })
})
