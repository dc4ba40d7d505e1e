import type { EdgeEvent, Gap, Interval } from '../../domain/index.ts'
import { classColour, hexColour } from './class-colours.ts'

export interface TimelineInit {
  readonly source: string
  readonly footage: Interval
  readonly events: readonly EdgeEvent[]
  readonly gaps: readonly Gap[]
}

const width = 1000
const left = 130
const right = 20
const laneHeight = 22
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400]

/** An SVG of one file: a lane per class with the event’s tracks, the events’ whole length behind, gaps hatched. */
export function timelineSvg({ source, footage, events, gaps }: TimelineInit): string {
  const span = Math.max(0.001, footage.endSeconds - footage.startSeconds)
  const x = (seconds: number): number => {
    const part = (seconds - footage.startSeconds) / span
    return left + (width - left - right) * Math.max(0, Math.min(1, part))
  }
  const bar = ({ startSeconds, endSeconds }: Interval, y: number, height: number): string => {
    const from = x(startSeconds)
    return `x="${from.toFixed(1)}" y="${y}" width="${Math.max(1, x(endSeconds) - from).toFixed(1)}" height="${height}"`
  }
  const lanes = [...new Set(events.flatMap(({ classes }) => classes))].toSorted()
  const bottom = 44 + Math.max(1, lanes.length) * laneHeight
  const whole = bottom - 40
  const parts = [
    `<rect ${bar(footage, 40, whole)} fill="#f2f2f2"/>`,
    ...events.map(
      ({ asked, label }) => `<rect ${bar(asked, 40, whole)} fill="#d6dde6">${title(label, asked)}</rect>`,
    ),
    ...lanes.flatMap((name, lane) => [
      `<text x="${left - 8}" y="${55 + lane * laneHeight}" text-anchor="end">${escapeXml(name)}</text>`,
      ...events
        .flatMap(({ tracks }) => tracks.filter((track) => track.class === name))
        .map((track) => {
          const interval = { startSeconds: track.firstSeconds, endSeconds: track.lastSeconds }
          const colour = hexColour(classColour(name))
          return `<rect ${bar(interval, 43 + lane * laneHeight, 16)} fill="${colour}" fill-opacity="0.75">${title(`${name} #${track.id}`, interval)}</rect>`
        }),
    ]),
    ...gaps.map(
      (gap) => `<rect ${bar(gap, 40, whole)} fill="url(#gap)">${title(gap.reason.code, gap)}</rect>`,
    ),
    ...ticks(footage, span).map(
      (seconds) =>
        `<path d="M${x(seconds).toFixed(1)} ${bottom}v5" stroke="#555"/><text x="${x(seconds).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${clock(seconds)}</text>`,
    ),
  ]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 28}" font-family="sans-serif" font-size="12">`,
    '<defs><pattern id="gap" width="6" height="6" patternUnits="userSpaceOnUse"><path d="M0 6L6 0" stroke="#b00020"/></pattern></defs>',
    `<rect width="${width}" height="${bottom + 28}" fill="#fff"/>`,
    `<text x="8" y="24" font-size="14">${escapeXml(source)}: ${count(events.length)}</text>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}

function ticks({ startSeconds, endSeconds }: Interval, span: number): readonly number[] {
  const step = steps.find((each) => span / each <= 12) ?? 86_400 * Math.ceil(span / (12 * 86_400))
  const first = Math.ceil(startSeconds / step)
  const last = Math.floor(endSeconds / step)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * step)
}

function title(text: string, { startSeconds, endSeconds }: Interval): string {
  return `<title>${escapeXml(text)} ${startSeconds.toFixed(1)}-${endSeconds.toFixed(1)} s</title>`
}

function clock(seconds: number): string {
  const whole = Math.abs(Math.round(seconds))
  const two = (value: number): string => String(value).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`
  return `${seconds < 0 ? '-' : ''}${hours > 0 ? `${hours}:` : ''}${rest}`
}

function count(events: number): string {
  return `${events} event${events === 1 ? '' : 's'}`
}

/** As XML text or attribute; control characters, which XML has no form for, become `?`. */
function escapeXml(text: string): string {
  return text
    .replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`)
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '?')
}
