import type { Readable } from 'node:stream'
import { LineSplitter } from './lines.ts'

/**
 * Reads the `framecrc` text that ffmpeg writes for an output: a `#tb 0: 1/1000000` header, then a line
 * `stream, dts, pts, duration, size, checksum` per frame or packet. Times in seconds: the PTS, or the DTS of a
 * packet without one (AVI has no others); undefined where there is neither.
 */
export class FramecrcReader {
  readonly #onTime: (seconds: number | undefined) => void
  #base = NaN

  constructor(onTime: (seconds: number | undefined) => void) {
    this.#onTime = onTime
  }

  line(text: string): void {
    const base = /^#tb 0: (\d+)\/(\d+)/.exec(text)
    if (base !== null) this.#base = Number(base[1]) / Number(base[2])
    if (text.startsWith('#')) return
    const [, dts, pts] = text.split(',').map((field) => Number(field))
    if (dts === undefined || pts === undefined) return
    // AV_NOPTS_VALUE is the smallest 64 bit integer
    const ticks = [pts, dts].find((each) => Number.isFinite(each) && Math.abs(each) < 2 ** 62)
    this.#onTime(ticks === undefined ? undefined : this.#toSeconds(ticks))
  }

  /** Microseconds are as fine as ffprobe prints them; rounding makes the same instant the same number everywhere. */
  #toSeconds(ticks: number): number {
    return Math.round(ticks * this.#base * 1e6) / 1e6
  }
}

/** Feeds a stream of framecrc text to a reader as it comes. */
export function readFramecrc(stream: Readable, reader: FramecrcReader): void {
  const splitter = new LineSplitter((line) => {
    reader.line(line)
  })
  stream.on('data', (chunk: Buffer) => {
    splitter.push(chunk)
  })
  stream.on('end', () => {
    splitter.end()
  })
}
