import Table from 'cli-table3'
import prettyBytes from 'pretty-bytes'
import prettyMs from 'pretty-ms'
import type { ExecutionState, JobState, Progress, Reason } from '../domain/index.ts'
import { coloured, plain } from './terminal.ts'

/** A table without borders, as wide as its content. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const chars = {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  }
  const drawn = new Table({
    head: [...head],
    chars,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  drawn.push(...rows.map((row) => [...row]))
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

/** `3m 5s ago`; the clock of the reader against the time of the record. */
export function ago(atMs: number, nowMs = Date.now()): string {
  const ms = Math.max(0, nowMs - atMs)
  return ms < 1000 ? 'just now' : `${prettyMs(ms, { unitCount: 2, secondsDecimalDigits: 0 })} ago`
}

export function bytes(count: number): string {
  return prettyBytes(count, { maximumFractionDigits: 1 })
}

export function seconds(value: number): string {
  const whole = Math.round(value)
  return whole === 0 ? '0s' : prettyMs(whole * 1000, { unitCount: 2 })
}

/** Published as a share of scanned, e.g. `6.1%`. */
export function share(part: number, whole: number): string {
  return whole === 0 ? '0.0%' : `${((100 * part) / whole).toFixed(1)}%`
}

export function stateText(state: JobState | ExecutionState): string {
  switch (state) {
    case 'Completed':
      return coloured('good', state)
    case 'Failed':
    case 'PartiallyCompleted':
    case 'AskForBidRejected':
      return coloured('bad', state)
    case 'Running':
    case 'Publishing':
    case 'BidAccepted':
      return coloured('busy', state)
    case 'Pending':
    case 'Queued':
    case 'Stopped':
    case 'New':
    case 'AskForBid':
    case 'AskForBidAccepted':
    case 'Cancelled':
    case 'Superseded':
      return coloured('quiet', state)
  }
}

export function reasonText(reason: Reason | undefined): string {
  return reason === undefined ? '' : plain(reason.message)
}

/** `2/4 files · 120/695 frames · 3 events · ETA 18s · 31.2 frames/s`: what matters least comes last and may be cut off. */
export function progressText(progress: Progress): string {
  const { filesDone, filesTotal, framesDone, framesTotal, framesPerSecond, events, etaSeconds } = progress
  return [
    `${filesDone}/${filesTotal} files`,
    `${framesDone}/${framesTotal} frames`,
    `${events} event${events === 1 ? '' : 's'}`,
    ...(etaSeconds === undefined ? [] : [`ETA ${seconds(etaSeconds)}`]),
    `${framesPerSecond.toFixed(1)} frames/s`,
  ].join(' · ')
}
