import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { apiPages } from '../../../scripts/api-pages.ts'

it('docs/openapi.json and docs/api.md are what the routes say (made by scripts/api-pages.ts)', async () => {
  for (const [name, text] of Object.entries(await apiPages()))
    expect(await readFile(new URL(`../../../docs/${name}`, import.meta.url), 'utf8')).toBe(text)
})
