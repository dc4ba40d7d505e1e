/** Makes docs/errors.md from the table of errors: `node scripts/errors-page.ts` writes it, a test compares. */
import { writeFile } from 'node:fs/promises'
import { errorTable } from '../src/domain/index.ts'

const blames = {
  user: 'the caller',
  operator: 'the node’s owner',
  network: 'the network',
  edge: 'edge',
} as const

export function errorsPage(table: typeof errorTable): string {
  const rows = Object.entries(table).map(
    ([code, { what, blame, solve, retryable }]) =>
      `| \`${code}\` | ${what} | ${blames[blame]} | ${solve} | ${retryable ? 'yes' : 'no'} |`,
  )
  return [
    '# Errors',
    '',
    'Made from `src/domain/errors.ts` by `scripts/errors-page.ts`. Every error, on the command line, over HTTP and between',
    'nodes, has one of these codes, a message that says what was attempted and found, and a way out.',
    '',
    '| code | what it means | whose | what to do | tried again by itself |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

if (import.meta.main) await writeFile(new URL('../docs/errors.md', import.meta.url), errorsPage(errorTable))
