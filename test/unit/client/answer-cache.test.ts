import { expect, it } from 'vitest'
import { AnswerCache } from '../../../src/client/answer-cache.ts'

const url = (n: number): URL => new URL(`http://127.0.0.1/api/v1/jobs/${n}?limit=1`)
const bytes = Uint8Array.from([1])

it('answers are kept by their whole address, the newest 32', () => {
  const cache = new AnswerCache()
  for (let n = 0; n < 32; n++) cache.keep(url(n), `"${n}"`, bytes)
  cache.keep(url(0), '"again"', bytes)
  cache.keep(url(32), '"32"', bytes)
  expect([0, 1, 2, 32].map((n) => cache.get(url(n))?.etag)).toEqual(['"again"', undefined, '"2"', '"32"'])
  expect(cache.get(new URL('http://127.0.0.1/api/v1/jobs/2'))).toBeUndefined()
})

it('an answer without an ETag, or a large one, is forgotten', () => {
  const cache = new AnswerCache()
  cache.keep(url(1), '"1"', bytes)
  cache.keep(url(1), null, bytes)
  cache.keep(url(2), '"2"', new Uint8Array(1_048_577))
  expect([cache.get(url(1)), cache.get(url(2))]).toEqual([undefined, undefined])
})
