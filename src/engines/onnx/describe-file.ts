import type { Fragment } from '../../inference/index.ts'

/** One line for people about a finished file. */
export function describeFile({ source, ledger, events }: Fragment, isEarlier: boolean): string {
  const parts = [`${count(events.length, 'event')}, ${count(ledger.clips, 'clip')}`]
  const labels = [...new Set(events.map(({ label }) => label))]
  if (labels.length > 0) parts.push(`(${labels.slice(0, 5).join(', ')})`)
  parts.push(
    `in ${ledger.durationSeconds.toFixed(1)} s of footage, ${count(ledger.frames.sampled, 'frame')} analysed`,
  )
  parts.push(isEarlier ? '(done before)' : `in ${ledger.elapsedSeconds.toFixed(1)} s`)
  const gaps = ledger.gaps.map(
    ({ startSeconds, endSeconds, reason }) =>
      `; not analysed: ${startSeconds.toFixed(1)}-${endSeconds.toFixed(1)} s, ${reason.code}: ${reason.message}`,
  )
  const outside = (ledger.outside ?? []).map(
    ({ startSeconds, endSeconds }) =>
      `; not asked for: ${startSeconds.toFixed(1)}-${endSeconds.toFixed(1)} s`,
  )
  const hidden = gaps.length > 3 ? `; ${gaps.length - 3} more gaps` : ''
  return `${source}: ${parts.join(' ')}${gaps.slice(0, 3).join('')}${hidden}${outside.join('')}`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
