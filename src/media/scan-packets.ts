import { EdgeError } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { fileUrl, inputLimits } from './command.ts'
import type { MediaTools } from './media-tools.ts'
import { runToEnd } from './run-to-end.ts'

/** What the packets of the first video stream say, without decoding. Times are PTS (DTS where a container has no PTS). */
export interface PacketScan {
  readonly frames: number
  /** Ascending. */
  readonly keyframeSeconds: readonly number[]
  readonly firstSeconds: number
  /** The last PTS and its frame's duration. */
  readonly endSeconds: number
  /** The longest stretch from one keyframe to the next, or to the end. */
  readonly largestKeyframeGapSeconds: number
  /** Some packets are stored before what is shown ahead of them: the stream has B-frames. */
  readonly isReordered: boolean
  /**
   * The longest stretch from one frame to the next that is shown after all before it. Where B-frames are left out, no
   * frame is further from its neighbour. 0 with fewer than two.
   */
  readonly largestAnchorGapSeconds: number
  /** What ffprobe complained about. */
  readonly errors: readonly string[]
  /** Where the time goes back, or on without a picture, as it does where recordings were put behind one another. */
  readonly jumps: readonly string[]
}

/** A jump back in decoding time by more than this is a fault of the recording, not reordering. */
const backSeconds = 1
/** For longer than this no picture stands, unless its packet says so: an interruption, however the camera samples. */
const forwardSeconds = 10
/** When as large a share of the pictures comes after such a pause, the pauses are how the camera works. */
const pauseShare = 1 / 4
/** So many jumps are told. */
const mostJumps = 10

/**
 * Reads every packet of the file. A damaged or cut file gives what is there, with `errors`; a file without a single
 * frame gives zeros. `onFrameSeconds` gets the time of each frame, in the order of the file. Throws ffmpeg_failed when ffprobe
 * itself could not run to an end.
 */
export async function scanPackets(
  tools: MediaTools,
  path: string,
  options: Abortable & { readonly onFrameSeconds?: (seconds: number) => void } = {},
): Promise<PacketScan> {
  const tally = new PacketTally()
  const end = await runToEnd({
    program: tools.ffprobe.path,
    args: [
      ...['-hide_banner', '-v', 'error', ...inputLimits(), '-select_streams', 'V:0'],
      ...[
        '-show_entries',
        'packet=pts_time,dts_time,duration_time,flags',
        '-of',
        'compact=p=0',
        '-i',
        fileUrl(path),
      ],
    ],
    stallMs: 60_000,
    // 80 bytes a packet: 40 days at 30 frames a second
    maxBytes: 8e9,
    signal: options.signal,
    onLine: (line) => {
      const seconds = tally.add(line)
      if (seconds !== undefined) options.onFrameSeconds?.(seconds)
    },
  })
  if (tally.frames === 0 && (end.signal !== null || end.cutShort !== undefined))
    throw new EdgeError('ffmpeg_failed', `the packet scan of ${path} broke off: ${end.errors.join(' / ')}`)
  const broken = end.code === 0 ? [] : [`ffprobe ended with ${String(end.code ?? end.signal)}`]
  return tally.result([...end.errors, ...broken])
}

/** Adds up what ffprobe says of packets, line by line. */
export class PacketTally {
  frames = 0
  #keyframes: number[] = []
  #first = Infinity
  #end = -Infinity
  #decoding = -Infinity
  #jumps: string[] = []
  #anchor = -Infinity
  #largestAnchorGap = 0
  #isReordered = false
  #pauses: string[] = []
  #paused = 0

  /** A line such as `pts_time=0.08|dts_time=0.04|duration_time=0.04|flags=K_`; what does not exist is N/A. Gives the frame’s time. */
  add(line: string): number | undefined {
    const fields = new Map(line.split('|').map((field) => splitField(field)))
    const [pts, dts, duration] = ['pts_time', 'dts_time', 'duration_time'].map((name) =>
      Number(fields.get(name) ?? NaN),
    )
    const flags = fields.get('flags') ?? ''
    const seconds = Number.isFinite(pts) ? pts : dts
    // D: a packet that an edit list takes out of the picture
    if (seconds === undefined || !Number.isFinite(seconds) || flags.includes('D')) return undefined
    this.frames += 1
    if (flags.includes('K')) this.#keyframes.push(seconds)
    const pause = seconds - this.#end
    if (pause > forwardSeconds && Number.isFinite(pause)) {
      this.#paused += 1
      if (this.#pauses.length < mostJumps)
        this.#pauses.push(`there is no picture from ${this.#end.toFixed(3)} to ${seconds.toFixed(3)} s`)
    }
    this.#first = Math.min(this.#first, seconds)
    this.#end = Math.max(this.#end, seconds + (duration !== undefined && duration > 0 ? duration : 0))
    const decoding = dts !== undefined && Number.isFinite(dts) ? dts : seconds
    if (decoding < this.#decoding - backSeconds && this.#jumps.length < mostJumps)
      this.#jumps.push(
        `the time stamps jump back from ${this.#decoding.toFixed(3)} to ${decoding.toFixed(3)} s`,
      )
    this.#decoding = decoding
    this.#addAnchor(seconds)
    return seconds
  }

  #addAnchor(seconds: number): void {
    if (seconds < this.#anchor) this.#isReordered = true
    if (seconds <= this.#anchor) return
    if (this.#anchor !== -Infinity)
      this.#largestAnchorGap = Math.max(this.#largestAnchorGap, seconds - this.#anchor)
    this.#anchor = seconds
  }

  result(errors: readonly string[]): PacketScan {
    if (this.frames === 0)
      return {
        frames: 0,
        keyframeSeconds: [],
        firstSeconds: 0,
        endSeconds: 0,
        largestKeyframeGapSeconds: 0,
        isReordered: false,
        largestAnchorGapSeconds: 0,
        errors,
        jumps: [],
      }
    const keyframeSeconds = [...new Set(this.#keyframes)].sort((a, b) => a - b)
    const gaps = keyframeSeconds.map((at, index) => (keyframeSeconds[index + 1] ?? this.#end) - at)
    return {
      frames: this.frames,
      keyframeSeconds,
      firstSeconds: this.#first,
      endSeconds: this.#end,
      largestKeyframeGapSeconds: gaps.reduce((largest, gap) => Math.max(largest, gap), 0),
      isReordered: this.#isReordered,
      largestAnchorGapSeconds: this.#largestAnchorGap,
      errors,
      jumps: [...this.#jumps, ...(this.#paused > this.frames * pauseShare ? [] : this.#pauses)],
    }
  }
}

/** A `name=value` of ffprobe’s compact form. */
export function splitField(field: string): readonly [string, string] {
  const at = field.indexOf('=')
  return [field.slice(0, at), field.slice(at + 1)]
}
