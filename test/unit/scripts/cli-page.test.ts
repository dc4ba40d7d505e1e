import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { cliPage } from '../../../scripts/cli-page.ts'

describe('docs/cli.md', () => {
  it('says what the commands say (node scripts/cli-page.ts writes it)', async () => {
    expect(await readFile(new URL('../../../docs/cli.md', import.meta.url), 'utf8')).toBe(await cliPage())
  })
})
