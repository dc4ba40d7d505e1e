import fc from 'fast-check'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { demultiplex } from '../../../../src/engines/docker/demultiplex.ts'
import { linesBefore, LogRelay } from '../../../../src/engines/docker/log-relay.ts'
import { LineSplitter } from '../../../../src/engines/docker/split-lines.ts'

const frame = (stream: 1 | 2, text: string): Buffer => {
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}
async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size))
}
const printed = fc.array(
  fc.tuple(fc.constantFrom<1 | 2>(1, 2), fc.string({ unit: 'grapheme', maxLength: 12 })),
  {
    maxLength: 12,
  },
)

describe('the log of a container', () => {
  it('is taken apart the same however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(printed, fc.integer({ min: 1, max: 30 }), async (texts, size) => {
        const got = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
        const all = Buffer.concat(texts.map(([stream, text]) => frame(stream, text)))
        for await (const { stream, bytes } of demultiplex(inPieces(all, size))) got[stream].push(bytes)
        const said = (wanted: number): string =>
          texts.flatMap(([stream, text]) => (stream === wanted ? [text] : [])).join('')
        expect(Buffer.concat(got.stdout).toString()).toBe(Buffer.from(said(1)).toString())
        expect(Buffer.concat(got.stderr).toString()).toBe(Buffer.from(said(2)).toString())
      }),
    )
  })

  it('comes in lines; one that is too long comes in several', () => {
    const splitter = new LineSplitter()
    expect(splitter.push(Buffer.from('a\nb'))).toEqual(['a'])
    expect(splitter.push(Buffer.from('c\n\nd'))).toEqual(['bc', ''])
    expect(splitter.end()).toEqual(['d'])
    expect(splitter.push(Buffer.from(`${'x'.repeat(150_000)}\n`)).map(({ length }) => length)).toEqual([
      65_536, 65_536, 18_928,
    ])
    expect(splitter.end()).toEqual([])
  })

  it('is passed on once, however often and however far it is told', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('ok', 'a', 'b'), { maxLength: 20 }),
        fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 4 }),
        fc.integer({ min: 0, max: 20 }),
        async (lines, tellings, kept) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
          // An earlier life of the node passed on `kept` lines, with lines of its own between.
          const already = lines.slice(0, kept)
          const out: string[] = []
          const relay = new LogRelay(({ text }) => out.push(text), {
            stdout: already.flatMap((line) => [line, 'edge: note']),
            stderr: [],
          })
          for (const end of [...tellings, bytes.length]) {
            const piece = { stream: 'stdout' as const, bytes: bytes.subarray(0, end) }
            await relay.relay(
              (async function* () {
                yield await Promise.resolve(piece)
              })(),
              { isLast: false },
            )
          }
          expect([...already, ...out]).toEqual(lines)
        },
      ),
    )
  })

  it('begins in the result where the container began', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'edge-test-'))
    await writeFile(join(directory, 'stdout'), 'earlier\nmine\nand mine\n')
    expect(await linesBefore(directory, { stdout: 8, stderr: 0 })).toEqual({
      stdout: ['mine', 'and mine'],
      stderr: [],
    })
    await rm(directory, { recursive: true })
  })
})
