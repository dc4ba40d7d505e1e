import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { linesOf } from '../../../../src/requester/orchestrating/result-lines.ts'

async function collect(bytes: Uint8Array, cuts: readonly number[]): Promise<string[]> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    let from = 0
    for (const cut of [...cuts].sort((a, b) => a - b)) {
      yield await Promise.resolve(bytes.slice(from, Math.max(from, cut)))
      from = Math.max(from, cut)
    }
    yield bytes.slice(from)
  }
  const lines: string[] = []
  for await (const line of linesOf(chunks())) lines.push(line)
  return lines
}

describe('lines of a printed file', () => {
  it('are the same wherever the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme' })),
        fc.array(fc.nat(60)),
        async (texts, cuts) => {
          const lines = texts.map((text) => text.replaceAll('\n', ''))
          const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''))
          // A byte order mark at the very beginning belongs to the encoding, not to the text.
          const expected = lines.map((line, index) => (index === 0 ? line.replace(/^\uFEFF/, '') : line))
          expect(await collect(bytes, cuts)).toEqual(expected)
        },
      ),
    )
  })

  it('include a last one without a newline, and come in pieces when they are very long', async () => {
    expect(await collect(new TextEncoder().encode('a\nb'), [])).toEqual(['a', 'b'])
    const long = await collect(new TextEncoder().encode(`${'x'.repeat(150_000)}\nend`), [70_000])
    expect(long.map(({ length }) => length)).toEqual([65_536, 65_536, 18_928, 3])
  })
})
