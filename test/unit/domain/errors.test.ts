import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { EdgeError, errorTable } from '../../../src/domain/index.ts'
import { errorsPage } from '../../../scripts/errors-page.ts'

describe('the table of errors', () => {
  it('is what docs/errors.md says', async () => {
    expect(await readFile(new URL('../../../docs/errors.md', import.meta.url), 'utf8')).toBe(
      errorsPage(errorTable),
    )
  })

  it('survives being made data and back', () => {
    const error = new EdgeError('path_missing', 'no /videos', {
      details: { path: '/videos' },
      hint: 'make it',
    })
    const back = EdgeError.fromData(JSON.parse(JSON.stringify(error)) as ReturnType<EdgeError['toJSON']>)
    expect(back.toJSON()).toEqual(error.toJSON())
  })

  it('takes an unknown code of a newer version for internal', () => {
    expect(EdgeError.fromData({ code: 'toString', message: 'x' }).code).toBe('internal')
  })
})
