/** A line longer than this is cut: a hostile file can make a decoder print anything. */
const longestLine = 16_384

/** Splits a stream of bytes into lines; what one unfinished line may hold is bounded. */
export class LineSplitter {
  readonly #decoder = new TextDecoder()
  readonly #onLine: (line: string) => void
  #rest = ''

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  push(chunk: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split(/\r?\n|\r/)
    this.#rest = (lines.pop() ?? '').slice(0, longestLine)
    for (const line of lines) this.#onLine(line.slice(0, longestLine))
  }

  end(): void {
    if (this.#rest !== '') this.#onLine(this.#rest)
    this.#rest = ''
  }
}

/** The complaints of a child: the first and the last distinct lines and how many were left out; never unbounded. */
export class Complaints {
  readonly #first: string[] = []
  readonly #last: string[] = []
  readonly #seen = new Set<string>()
  #leftOut = 0

  add(line: string): void {
    // an address in memory differs from run to run and tells nobody anything
    const text = line
      .replace(/ @ 0x[0-9a-f]+/g, '')
      .trim()
      .slice(0, 300)
    if (text === '' || this.#seen.has(text)) return
    if (this.#seen.size < 1000) this.#seen.add(text)
    if (this.#first.length < 20) this.#first.push(text)
    else {
      this.#last.push(text)
      if (this.#last.length > 10) {
        this.#last.shift()
        this.#leftOut += 1
      }
    }
  }

  lines(): readonly string[] {
    const between = this.#leftOut === 0 ? [] : [`(${this.#leftOut} more lines)`]
    return [...this.#first, ...between, ...this.#last]
  }
}
