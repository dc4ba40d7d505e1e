import { createHash } from 'node:crypto'

const classesInLabel = 3

/** The main classes of an event as part of a file name, e.g. `person+dog`. */
export function eventLabel(classes: readonly string[]): string {
  const label = classes
    .slice(0, classesInLabel)
    .map((name) => name.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, 40))
    .join('+')
  return label === '' ? 'event' : label
}

/** A time as part of a file name: `00h01m12.400s`, so that names sort by time up to 100 hours. */
export function timeName(seconds: number): string {
  const milliseconds = Math.round(Math.abs(seconds) * 1000)
  const hours = String(Math.floor(milliseconds / 3_600_000)).padStart(2, '0')
  const minutes = String(Math.floor(milliseconds / 60_000) % 60).padStart(2, '0')
  const rest = ((milliseconds % 60_000) / 1000).toFixed(3).padStart(6, '0')
  return `${seconds < 0 && milliseconds > 0 ? 'minus-' : ''}${hours}h${minutes}m${rest}s`
}

const longestSegment = 120

/**
 * A source’s name as a folder path that is safe on every file system: other characters than letters, digits and
 * `._+=@,-` become `_`, and a segment that had to be changed ends in a hash of the original, so two never become one.
 */
export function sourceFolder(source: string): string {
  return source
    .split('/')
    .filter((segment) => segment !== '')
    .map(safeSegment)
    .join('/')
}

function safeSegment(segment: string): string {
  const safe = segment.replace(/[^\p{L}\p{N}\p{M}._+=@,-]/gu, '_').replace(/^\.+/, '_')
  if (safe === segment && Buffer.byteLength(safe) <= longestSegment) return safe
  const hash = createHash('sha256').update(segment).digest('hex').slice(0, 8)
  return `${Array.from(safe).slice(0, 40).join('')}~${hash}`
}
