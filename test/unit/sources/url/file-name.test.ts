import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fileNameFor } from '../../../../src/sources/url/file-name.ts'

const named = (path: string, contentDisposition?: string, contentType?: string): string =>
  fileNameFor({ url: new URL(path, 'https://example.org'), contentDisposition, contentType })

describe('the name of a fetched file', () => {
  it.each([
    ['/a/gate.mp4', undefined, undefined, 'gate.mp4'],
    ['/a/gate.mp4/', undefined, undefined, 'gate.mp4'],
    ['/a/T%C3%BCr%20S%C3%BCd.mp4?token=x', undefined, undefined, 'Tür Süd.mp4'],
    ['/', undefined, undefined, 'input'],
    ['/%zz', undefined, undefined, 'zz'],
    ['/..%2f..%2fetc%2fpasswd', undefined, undefined, 'passwd'],
    ['/.hidden', undefined, undefined, 'hidden'],
    ['/x', 'attachment; filename="a \\"b\\".mkv"', undefined, 'a _b_.mkv'],
    ['/x', 'inline; filename=plain.avi', undefined, 'plain.avi'],
    ['/x', "attachment; filename=old.avi; filename*=UTF-8''n%C3%A4ch.mkv", undefined, 'näch.mkv'],
    ['/x', 'attachment; filename="C:\\\\videos\\\\a.mp4"', undefined, 'a.mp4'],
    ['/x', 'attachment; filename=""', undefined, 'x'],
    ['/stream', undefined, 'video/x-matroska', 'stream.mkv'],
    ['/stream.mp4', undefined, 'video/x-matroska', 'stream.mp4'],
    ['/stream', undefined, 'text/html', 'stream'],
    [`/${'a'.repeat(300)}.mp4`, undefined, undefined, `${'a'.repeat(116)}.mp4`],
    [`/${'あ'.repeat(300)}.mp4`, undefined, undefined, `${'あ'.repeat(38)}.mp4`],
  ])('of %s, %s, %s is %s', (path, disposition, type, name) => {
    expect(named(path, disposition, type)).toBe(name)
  })

  it('is one that any folder can hold, whatever a server says', () => {
    const hostile = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[./\\%a-f0-9"; ]*$/))
    fc.assert(
      fc.property(hostile, hostile, (path, file) => {
        const url = new URL('https://example.org')
        url.pathname = path
        for (const disposition of [
          undefined,
          `attachment; filename="${file}"`,
          `x; filename*=UTF-8''${file}`,
        ]) {
          const name = fileNameFor({ url, contentDisposition: disposition })
          expect(name).toMatch(/^[^./\\\p{C}\s-][^/\\\p{C}]*$/u)
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255)
        }
      }),
    )
  })
})
