import type { Abortable } from '../ports/index.ts'
import { fileUrl, inputLimits } from './command.ts'
import type { MediaTools } from './media-tools.ts'
import { runToEnd } from './run-to-end.ts'
import { PacketTally, splitField, type PacketScan } from './scan-packets.ts'

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
  options: Abortable = {},
): Promise<readonly Packet[] | undefined> {
  return (await readPackets(tools, path, options)).packets
}

/** One pass over a clip: what scanPackets tells of it, and the packets as listPackets gives them. */
export async function readPackets(
  tools: MediaTools,
  path: string,
  { signal }: Abortable = {},
): Promise<{ readonly scan: PacketScan; readonly packets: readonly Packet[] | undefined }> {
  const packets: Packet[] = []
  const tally = new PacketTally()
  const end = await runToEnd({
    program: tools.ffprobe.path,
    args: [
      ...['-hide_banner', '-v', 'error', ...inputLimits(), '-select_streams', 'V:0'],
      ...[
        '-show_entries',
        'packet=pts_time,dts_time,duration_time,size,pos,flags',
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
      tally.add(line)
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
  const isUsable = end.code === 0 && isComplete && packets.length > 0
  return { scan: tally.result(end.errors), packets: isUsable ? packets : undefined }
}
