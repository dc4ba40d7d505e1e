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

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** `12 s`, `3 min`, `5 h`, `2 days`: as people tell it, one unit, rounded down. */
export function age(ms: number): string {
  if (ms < minute) return `${Math.max(0, Math.floor(ms / 1000))} s`
  if (ms < hour) return `${Math.floor(ms / minute)} min`
  if (ms < day) return `${Math.floor(ms / hour)} h`
  const days = Math.floor(ms / day)
  return days === 1 ? '1 day' : `${days} days`
}

/** `3 min ago`; the clock of the reader against the time of the record. */
export function ago(atMs: number, nowMs = Date.now()): string {
  const ms = nowMs - atMs
  return ms < 1000 ? 'just now' : `${age(ms)} ago`
}

/** `2026-11-25T08:55:27Z`. */
export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Both, for where there is room: `2026-11-25T08:55:27Z (3 min ago)`. */
export function timeText(atMs: number): string {
  return `${isoTime(atMs)} (${ago(atMs)})`
}

/** `1 event`, `2 events`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
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
    counted(events, 'event'),
    ...(etaSeconds === undefined ? [] : [`ETA ${seconds(etaSeconds)}`]),
    `${framesPerSecond.toFixed(1)} frames/s`,
  ].join(' · ')
}
