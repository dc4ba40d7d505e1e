import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readLines } from '../../../src/client/read-lines.ts'
import { serverSentEvents } from '../../../src/client/server-sent-events.ts'
import type { ServerSentEvent } from '../../../src/client/server-sent-events.ts'
import { placeResults } from '../../../src/download/result-folders.ts'
import { fileNameOf } from '../../../src/domain/index.ts'
import { ResultView } from '../../../src/domain/index.ts'

async function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (let turn = 0; at < bytes.length; turn++) {
    await Promise.resolve()
    const size = sizes[turn % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 })

describe('readLines', () => {
  it('gives the same lines however the bytes are cut, inside characters too', async () => {
    const line = fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/[\r\n]/g, ''))
    await fc.assert(
      fc.asyncProperty(fc.array(line), sizes, fc.boolean(), async (lines, cuts, isCrlf) => {
        const text = lines.map((each) => each + (isCrlf ? '\r\n' : '\n')).join('')
        const bytes = new TextEncoder().encode(text)
        const expected = new TextDecoder().decode(bytes).split(/\r?\n/).slice(0, -1)
        expect(await all(readLines(chunksOf(bytes, cuts)))).toEqual(expected)
      }),
    )
  })

  it('leaves out a line without an end', async () => {
    expect(await all(readLines(chunksOf(new TextEncoder().encode('a\n{"b":'), [3])))).toEqual(['a'])
  })

  it('refuses a line that never ends', async () => {
    const endless = (async function* () {
      for (;;) {
        await Promise.resolve()
        yield new Uint8Array(1_048_576).fill(97)
      }
    })()
    await expect(all(readLines(endless))).rejects.toMatchObject({ code: 'rpc_protocol' })
  })
})

describe('serverSentEvents', () => {
  const parse = async (text: string): Promise<ServerSentEvent[]> =>
    all(serverSentEvents(readLines(chunksOf(new TextEncoder().encode(text), [5]))))

  it('reads fields, comments, several data lines and events without a name', async () => {
    const text =
      ': hello\n\nid: 7\nevent: history\ndata: {"a":1}\n\ndata:one\ndata: two\n\nevent: empty\n\nretry: 5\ndata\n\n'
    expect(await parse(text)).toEqual([
      { event: 'history', data: '{"a":1}' },
      { event: 'message', data: 'one\ntwo' },
      { event: 'message', data: '' },
    ])
  })

  it('drops an event that is cut off', async () => {
    expect(await parse('event: a\ndata: 1\n\nevent: b\ndata: 2\n')).toEqual([{ event: 'a', data: '1' }])
  })
})

describe('placeResults', () => {
  const result = (nodeName: string, cid: string): ResultView =>
    ResultView.parse({
      executionId: 'e-00000000-0000-4000-8000-000000000000',
      nodeId: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
      nodeName,
      state: 'Completed',
      fetched: true,
      summary: {
        cid,
        bytes: 1,
        files: 1,
        scannedFiles: 1,
        scannedBytes: 1,
        scannedSeconds: 1,
        events: 0,
        clips: 0,
      },
    })
  const folders = (isRaw: boolean, ...results: ResultView[]): string[] =>
    placeResults(results, isRaw).map(({ folder }) => folder)

  it('names folders by node and the end of the CID, or by CID', () => {
    expect(
      folders(false, result('gate', 'bafybeiaaaa12345678'), result('yard', 'bafybeiaaaa12345678')),
    ).toEqual(['gate-12345678', 'yard-12345678'])
    expect(
      folders(true, result('gate', 'bafybeiaaaa12345678'), result('yard', 'bafybeiaaaa12345678')),
    ).toEqual(['raw/bafybeiaaaa12345678', 'raw/bafybeiaaaa12345678'])
  })

  it('never puts different content into one folder, not even where case does not count', () => {
    const [first, second, third] = folders(
      false,
      result('gate', 'bafybeiaaaa12345678'),
      result('Gate', 'bafybeibbbb12345678'),
      result('gate', 'bafybeiaaaa12345678'),
    )
    expect([first, third]).toEqual(['gate-12345678', 'gate-12345678'])
    expect(second).toBe('Gate-bafybeibbbb12345678')
  })

  it('makes any node name a file name that stays in its folder', () => {
    expect(fileNameOf('../../etc/passwd')).toBe('etc_passwd')
    expect(fileNameOf('..')).toBe('node')
    expect(fileNameOf('.hidden')).toBe('hidden')
    expect(fileNameOf('gate 1\u001b[31m\\x')).toBe('gate_1_31m_x')
    expect(fileNameOf('Tür-Süd')).toBe('Tür-Süd')
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (name) => {
        const made = fileNameOf(name)
        expect(made).toMatch(/^[^._/\\\p{C}\s-][^/\\\p{C}\s]*$/u)
        expect(Buffer.byteLength(made)).toBeLessThan(200)
      }),
    )
  })
})
