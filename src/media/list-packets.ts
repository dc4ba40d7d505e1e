import type { Abortable } from '../ports/index.ts'
import { fileUrl, inputLimits } from './command.ts'
import type { MediaTools } from './media-tools.ts'
import { runToEnd } from './run-to-end.ts'
import { splitField } from './scan-packets.ts'

/** A packet of the first video stream of a clip. */
export interface Packet {
  /** PTS. */
  readonly seconds: number
  /** DTS; NaN where there is none. */
  readonly decodedSeconds: number
  readonly offset: number
  readonly bytes: number
  readonly isKey: boolean
}

/** The packets of a clip in the order of decoding; undefined when one has no time or no place. */
export async function listPackets(
  tools: MediaTools,
  path: string,
  { signal }: Abortable = {},
): Promise<readonly Packet[] | undefined> {
  const packets: Packet[] = []
  const end = await runToEnd({
    program: tools.ffprobe.path,
    args: [
      ...['-hide_banner', '-v', 'error', ...inputLimits(), '-select_streams', 'V:0'],
      ...[
        '-show_entries',
        'packet=pts_time,dts_time,size,pos,flags',
        '-of',
        'compact=p=0',
        '-i',
        fileUrl(path),
      ],
    ],
    stallMs: 60_000,
    maxBytes: 1e9,
    signal,
    onLine: (line) => {
      const fields = new Map(line.split('|').map(splitField))
      const [seconds = NaN, decodedSeconds = NaN, bytes = NaN, offset = NaN] = [
        'pts_time',
        'dts_time',
        'size',
        'pos',
      ].map((name) => Number(fields.get(name) ?? NaN))
      packets.push({
        seconds,
        decodedSeconds,
        bytes,
        offset,
        isKey: (fields.get('flags') ?? '').startsWith('K'),
      })
    },
  })
  const isComplete = packets.every(({ seconds, bytes, offset }) => Number.isFinite(seconds + bytes + offset))
  return end.code === 0 && isComplete && packets.length > 0 ? packets : undefined
}
