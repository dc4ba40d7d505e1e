import type { Interval } from '../domain/index.ts'
import type { Packet } from './list-packets.ts'

export interface WholeEnd {
  /** So many pictures of the clip, in the order of decoding, have none missing between them. */
  readonly pictures: number
  /** Every picture of the clip is one of them. */
  readonly isAll: boolean
  /** Where the last of them ends, in the time of the source. */
  readonly endSeconds: number
}

/**
 * Where a copy with these packets may end: the fewest pictures that reach `untilSeconds` of the source, and before whose last none
 * is missing. Undefined when more must be copied to know; where packets do not tell when they are decoded, the end that
 * there is.
 */
export function findWholeEnd(
  packets: readonly Packet[] | undefined,
  { actual, untilSeconds }: { readonly actual: Interval; readonly untilSeconds: number },
): WholeEnd | undefined {
  const first = packets?.find(({ isKey }) => isKey)
  if (packets === undefined || first === undefined || packets.some(isUntimed))
    return actual.endSeconds < untilSeconds
      ? undefined
      : { pictures: 0, isAll: true, endSeconds: actual.endSeconds }
  const toSource = actual.startSeconds - first.seconds
  const pictures = wholeCount(packets, untilSeconds - toSource)
  if (pictures === undefined) return undefined
  const next = packets.slice(pictures).reduce((soonest, { seconds }) => Math.min(soonest, seconds), Infinity)
  const isAll = pictures === packets.length
  return { pictures, isAll, endSeconds: isAll ? actual.endSeconds : next + toSource }
}

function isUntimed({ decodedSeconds }: Packet): boolean {
  return Number.isNaN(decodedSeconds)
}

/**
 * The least number of packets after which all that were decoded are shown before all that follow, and the last is shown at or
 * after `untilSeconds`: how long the last stays is not known before the next. Packets that were not copied are decoded, and so shown, after the last that was.
 */
export function wholeCount(
  packets: readonly Pick<Packet, 'seconds' | 'decodedSeconds'>[],
  untilSeconds: number,
): number | undefined {
  const lastDecoded = packets.at(-1)?.decodedSeconds ?? NaN
  const soonestAfter = new Array<number>(packets.length + 1).fill(lastDecoded)
  for (let at = packets.length - 1; at >= 0; at--)
    soonestAfter[at] = Math.min(soonestAfter[at + 1] ?? NaN, packets[at]?.seconds ?? NaN)
  let latest = -Infinity
  for (const [at, { seconds }] of packets.entries()) {
    latest = Math.max(latest, seconds)
    const next = soonestAfter[at + 1] ?? NaN
    if (latest < next && latest >= untilSeconds - 1e-6) return at + 1
  }
  return undefined
}
