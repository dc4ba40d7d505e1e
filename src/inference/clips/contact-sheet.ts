import type { EdgeEvent, Interval } from '../../domain/index.ts'
import { blankPicture, drawLabel, pastePicture, takePicture } from '../../media/index.ts'
import type { MediaTools, Picture, VideoInfo } from '../../media/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { classColour } from './class-colours.ts'

export interface ContactSheetInit {
  readonly source: string
  readonly path: string
  readonly video: VideoInfo
  readonly footage: Interval
  readonly events: readonly EdgeEvent[]
  /** Puts out of sight what must not be seen, before anything is published. */
  readonly redact: ((picture: Picture, seconds: number) => void) | undefined
}

const columns = 4
const mostTiles = 24
const tilesWithoutEvents = 12
const longSide = 320
const captionHeight = 20
const gap = 4
const white = [255, 255, 255] as const
const dark = [32, 36, 42] as const

interface Tile {
  readonly seconds: number
  readonly caption: string
  readonly event: EdgeEvent | undefined
}

/** Small pictures of the events at their best moment, or, where there is none, of the file at regular times. */
export async function contactSheet(
  tools: MediaTools,
  { source, path, video, footage, events, redact }: ContactSheetInit,
  options: Abortable = {},
): Promise<Picture> {
  const tiles = events.length > 0 ? eventTiles(events) : regularTiles(footage)
  const size = tileSize(video)
  const [across, down] = [size.width + gap, size.height + captionHeight + gap]
  const rows = Math.ceil(tiles.length / columns)
  const sheet = blankPicture(columns * across + gap, 24 + rows * down, dark)
  const title = `${source}  ${events.length} event${events.length === 1 ? '' : 's'}`
  drawLabel(sheet, { text: title, left: gap, top: 2, scale: 2, colour: white, background: dark })
  for (const [index, { seconds, caption, event }] of tiles.entries()) {
    const taken = await takePicture(tools, { source: path, video, seconds, ...size }, options)
    const [left, top] = [gap + (index % columns) * across, 24 + Math.floor(index / columns) * down]
    if (taken !== undefined) {
      redact?.(taken.picture, taken.seconds)
      pastePicture(sheet, taken.picture, left, top)
    }
    const background = event === undefined ? dark : classColour(event.classes[0] ?? '')
    const text = taken === undefined ? `${caption} no picture` : caption
    drawLabel(sheet, {
      text: text.slice(0, 26),
      left,
      top: top + size.height,
      scale: 2,
      colour: white,
      background,
    })
  }
  return sheet
}

/** The first events, spread over all when there are more than fit. */
function eventTiles(events: readonly EdgeEvent[]): readonly Tile[] {
  const shown = Math.min(events.length, mostTiles)
  return Array.from(
    { length: shown },
    (_, index) => events[Math.floor((index * events.length) / shown)],
  ).flatMap((event) =>
    event === undefined
      ? []
      : [{ seconds: event.peakSeconds, caption: `${clock(event.peakSeconds)} ${event.label}`, event }],
  )
}

function regularTiles({ startSeconds, endSeconds }: Interval): readonly Tile[] {
  return Array.from({ length: tilesWithoutEvents }, (_, index) => {
    const seconds = startSeconds + ((index + 0.5) * (endSeconds - startSeconds)) / tilesWithoutEvents
    return { seconds, caption: clock(seconds), event: undefined }
  })
}

/** The shape of the video, so that boxes fit without a border. */
function tileSize({ width, height }: VideoInfo): { readonly width: number; readonly height: number } {
  const scale = longSide / Math.max(width, height)
  const even = (side: number): number => Math.max(2, 2 * Math.round((side * scale) / 2))
  return { width: even(width), height: even(height) }
}

function clock(seconds: number): string {
  const whole = Math.floor(Math.max(0, seconds))
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`
}
