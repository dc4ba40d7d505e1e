import type { Box } from '../domain/index.ts'
import { glyphHeight, glyphRows, glyphWidth } from './glyphs.ts'
import { spansOf, type Point, type Region, type Span } from './regions.ts'

/** A yuv420p picture with even sides: Y in full, then U and V in half of each side. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** Red, green, blue, 0..255. */
export type Colour = readonly [number, number, number]

interface Plane {
  readonly width: number
  readonly height: number
  readonly offset: number
}

/** A picture of one colour. */
export function blankPicture(width: number, height: number, colour: Colour): Picture {
  const picture = { width, height, data: new Uint8Array((width * height * 3) / 2) }
  planes(picture).forEach(({ width: w, height: h, offset }, index) => {
    picture.data.fill(yuv(colour)[index as 0 | 1 | 2], offset, offset + w * h)
  })
  return picture
}

/** Puts a region out of sight: one flat colour, or no more than eight averages along its longer side. */
export function hideRegion(picture: Picture, region: Region, method: 'blur' | 'box'): void {
  planes(picture).forEach((plane, index) => {
    const spans = spansOf(region, picture, index === 0 ? 1 : 2)
    if (method === 'box') fillSpans(picture, plane, spans, index === 0 ? 16 : 128)
    else blurSpans(picture, plane, spans)
  })
}

/** Fills a region with a colour. */
function fillRegion(picture: Picture, region: Region, colour: Colour): void {
  const values = yuv(colour)
  planes(picture).forEach((plane, index) => {
    fillSpans(picture, plane, spansOf(region, picture, index === 0 ? 1 : 2), values[index as 0 | 1 | 2])
  })
}

/** Draws the frame of a box, `thickness` pixels wide and inside it. */
export function outlineBox(picture: Picture, [x, y, w, h]: Box, colour: Colour, thickness: number): void {
  const [across, down] = [thickness / picture.width, thickness / picture.height]
  const edges: readonly Box[] = [
    [x, y - h / 2 + down / 2, w, down],
    [x, y + h / 2 - down / 2, w, down],
    [x - w / 2 + across / 2, y, across, h],
    [x + w / 2 - across / 2, y, across, h],
  ]
  for (const box of edges) fillRegion(picture, { kind: 'box', box }, colour)
}

/** Draws the frame of a polygon, its lines in the middle of its edges. */
export function outlinePolygon(
  picture: Picture,
  points: readonly Point[],
  colour: Colour,
  thickness: number,
): void {
  points.forEach(([x1, y1], index) => {
    const [x2, y2] = points[(index + 1) % points.length] ?? [x1, y1]
    const [across, down] = [(x2 - x1) * picture.width, (y2 - y1) * picture.height]
    const length = Math.hypot(across, down)
    if (length === 0) return
    const [dx, dy] = [
      (-down / length) * (thickness / picture.width),
      (across / length) * (thickness / picture.height),
    ]
    const corners: readonly Point[] = [
      [x1 - dx, y1 - dy],
      [x2 - dx, y2 - dy],
      [x2 + dx, y2 + dy],
      [x1 + dx, y1 + dy],
    ]
    fillRegion(picture, { kind: 'polygon', points: corners }, colour)
  })
}

export interface Label {
  readonly text: string
  /** The upper left corner in pixels; moved so that the whole label is in the picture where it fits. */
  readonly left: number
  readonly top: number
  readonly colour: Colour
  readonly background: Colour
  /** Pixels of a dot of a letter. */
  readonly scale: number
}

/** Writes a line of text on a filled ground. */
export function drawLabel(picture: Picture, { text, colour, background, scale, ...at }: Label): void {
  const size = labelSize(text, scale)
  const left = Math.round(Math.max(0, Math.min(at.left, picture.width - size.width)))
  const top = Math.round(Math.max(0, Math.min(at.top, picture.height - size.height)))
  fillRegion(picture, pixels(picture, [left, top, size.width, size.height]), background)
  Array.from(text, (letter, place) => {
    const x = left + (1 + place * (glyphWidth + 1)) * scale
    glyphRows(letter).forEach((bits, row) => {
      for (let dot = 0; dot < glyphWidth; dot++)
        if ((bits & (1 << (glyphWidth - 1 - dot))) !== 0)
          fillRegion(
            picture,
            pixels(picture, [x + dot * scale, top + (1 + row) * scale, scale, scale]),
            colour,
          )
    })
  })
}

/** What a label takes, in pixels. */
export function labelSize(text: string, scale: number): { readonly width: number; readonly height: number } {
  return { width: (text.length * (glyphWidth + 1) + 1) * scale, height: (glyphHeight + 2) * scale }
}

/** Copies one picture into another with its upper left corner at an even place; both lie whole inside. */
export function pastePicture(onto: Picture, from: Picture, left: number, top: number): void {
  const [targets, sources] = [planes(onto), planes(from)]
  targets.forEach((target, index) => {
    const source = sources[index]
    if (source === undefined) return
    const step = index === 0 ? 1 : 2
    for (let row = 0; row < source.height; row++) {
      const begin = source.offset + row * source.width
      const line = from.data.subarray(begin, begin + source.width)
      onto.data.set(line, target.offset + (row + top / step) * target.width + left / step)
    }
  })
}

/** The region of left, top, width and height in pixels. */
function pixels(picture: Picture, [left, top, width, height]: Box): Region {
  const box: Box = [
    (left + width / 2) / picture.width,
    (top + height / 2) / picture.height,
    width / picture.width,
    height / picture.height,
  ]
  return { kind: 'box', box }
}

function planes({ width, height }: Picture): readonly [Plane, Plane, Plane] {
  const [halfWidth, halfHeight] = [width / 2, height / 2]
  const luma = width * height
  return [
    { width, height, offset: 0 },
    { width: halfWidth, height: halfHeight, offset: luma },
    { width: halfWidth, height: halfHeight, offset: luma + halfWidth * halfHeight },
  ]
}

function fillSpans({ data }: Picture, plane: Plane, spans: readonly Span[], value: number): void {
  for (const { row, from, to } of spans) {
    const begin = plane.offset + row * plane.width
    data.fill(value, begin + from, begin + to)
  }
}

const cellsAcross = 8

/** Averages over cells, and between their centres a straight transition: what was there cannot be computed back. */
function blurSpans({ data }: Picture, plane: Plane, spans: readonly Span[]): void {
  if (spans.length === 0) return
  const left = Math.min(...spans.map(({ from }) => from))
  const right = Math.max(...spans.map(({ to }) => to))
  const top = spans[0]?.row ?? 0
  const bottom = (spans.at(-1)?.row ?? 0) + 1
  const cell = Math.max(4, Math.ceil(Math.max(right - left, bottom - top) / cellsAcross))
  const columns = Math.ceil((right - left) / cell)
  const averages = cellAverages(data, plane, { left, right, top, bottom, cell })
  const at = (column: number, row: number): number => averages[row * columns + column] ?? 0
  const rows = Math.ceil((bottom - top) / cell)
  for (const { row, from, to } of spans) {
    const y = Math.max(0, Math.min(rows - 1, (row - top + 0.5) / cell - 0.5))
    const [above, below] = [Math.floor(y), Math.min(rows - 1, Math.floor(y) + 1)]
    for (let column = from; column < to; column++) {
      const x = Math.max(0, Math.min(columns - 1, (column - left + 0.5) / cell - 0.5))
      const [near, far] = [Math.floor(x), Math.min(columns - 1, Math.floor(x) + 1)]
      const upper = at(near, above) + (at(far, above) - at(near, above)) * (x - near)
      const lower = at(near, below) + (at(far, below) - at(near, below)) * (x - near)
      data[plane.offset + row * plane.width + column] = Math.round(upper + (lower - upper) * (y - above))
    }
  }
}

interface Grid {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  readonly cell: number
}

function cellAverages(
  data: Uint8Array,
  plane: Plane,
  { left, right, top, bottom, cell }: Grid,
): Float64Array {
  const columns = Math.ceil((right - left) / cell)
  const sums = new Float64Array(columns * Math.ceil((bottom - top) / cell))
  const counts = new Float64Array(sums.length)
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const index = Math.floor((row - top) / cell) * columns + Math.floor((column - left) / cell)
      sums[index] = (sums[index] ?? 0) + (data[plane.offset + row * plane.width + column] ?? 0)
      counts[index] = (counts[index] ?? 0) + 1
    }
  }
  return sums.map((sum, index) => sum / (counts[index] ?? 1))
}

/** ITU-R BT.601 in the limited range. */
function yuv([red, green, blue]: Colour): readonly [number, number, number] {
  return [
    Math.round(16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255),
    Math.round(128 + (-37.797 * red - 74.203 * green + 112 * blue) / 255),
    Math.round(128 + (112 * red - 93.786 * green - 18.214 * blue) / 255),
  ]
}
