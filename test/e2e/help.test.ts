import { describe, expect, it } from 'vitest'
import { commandTable } from '../../src/cli/table.ts'
import { runEdge } from '../support/cluster.ts'

describe('edge --help', () => {
  it('lists every command and every group', async () => {
    const { code, stdout } = await runEdge(['--help'])
    expect(code).toBe(0)
    for (const { group, command } of commandTable) expect(stdout).toContain(`edge ${group ?? command}`)
  })

  // Every command has an example (test/unit/cli/command-facts.test.ts), and each is tried (test/integration/cli-examples.test.ts).
  it.each(['serve', 'job stop', 'cancel', 'node list', 'config set', 'model pull'])(
    'explains %s with an example of its own',
    async (name) => {
      const { code, stdout } = await runEdge([...name.split(' '), '--help'])
      expect(code).toBe(0)
      expect(stdout).toMatch(new RegExp(`Examples:\\n +edge ${name}\\b`))
    },
  )
})
