/** Longest line that is passed on in one piece, bytes. */
const longest = 65_536

/** Cuts bytes that come in pieces into lines without newline; a line that is too long comes in several. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0)

  push(bytes: Buffer): readonly string[] {
    const lines: string[] = []
    const text = Buffer.concat([this.#rest, bytes])
    let from = 0
    const cut = (end: number): void => {
      for (; end - from > longest; from += longest) lines.push(text.toString('utf8', from, from + longest))
    }
    for (let end = text.indexOf(0x0a); end !== -1; end = text.indexOf(0x0a, from)) {
      cut(end)
      lines.push(text.toString('utf8', from, end))
      from = end + 1
    }
    cut(text.length)
    this.#rest = text.subarray(from)
    return lines
  }

  /** What came after the last newline, when no more will come. */
  end(): readonly string[] {
    const rest = this.#rest
    this.#rest = Buffer.alloc(0)
    return rest.length === 0 ? [] : [rest.toString()]
  }
}
