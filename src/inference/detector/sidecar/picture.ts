import type { FrameShape } from '../../../media/index.ts'
import type { PixelBox } from '../read-boxes.ts'
import type { Ready } from './protocol.ts'

type Input = Ready['input']

/** What YOLOv5 fills the rest of its input with. */
const grey = 114

/** How frames of one shape become pictures of a sidecar, and its boxes become boxes of the frame. */
export interface PictureMaker {
  /** RGB or BGR, row by row; the picture before is not touched. */
  paint(frame: Uint8Array): Uint8Array
  toFrame(box: PixelBox): PixelBox
}

/** The largest picture of the frame’s shape that fits the input, centred on grey, by bilinear interpolation. */
export function pictureMaker(shape: FrameShape, input: Input): PictureMaker {
  const scale = Math.min(input.width / shape.width, input.height / shape.height)
  const [width, height] = [shape.width, shape.height].map((side) => Math.max(1, Math.round(side * scale)))
  const area = { width: width as number, height: height as number }
  const left = (input.width - area.width) >> 1
  const top = (input.height - area.height) >> 1
  const columns = samplesOf(area.width, shape.width)
  const rows = samplesOf(area.height, shape.height)
  const readPixels = shape.pixelFormat === 'yuv420p' ? yuvReader : gbrReader
  const order = input.format === 'rgb24' ? [0, 1, 2] : [2, 1, 0]
  return {
    paint: (frame) => {
      const picture = new Uint8Array(3 * input.width * input.height).fill(grey)
      const read = readPixels(frame, shape)
      const rgb = new Float64Array(3)
      for (const [y, row] of rows.entries()) {
        let at = 3 * ((top + y) * input.width + left)
        for (const column of columns) {
          read(row, column, rgb)
          for (const plane of order) picture[at++] = clampByte(rgb[plane] as number)
        }
      }
      return picture
    },
    toFrame: (box) => {
      const [scaleX, scaleY] = [area.width / shape.width, area.height / shape.height]
      return {
        ...box,
        left: (box.left - left) / scaleX,
        right: (box.right - left) / scaleX,
        top: (box.top - top) / scaleY,
        bottom: (box.bottom - top) / scaleY,
      }
    },
  }
}

/** Between which two pixels a sample lies, and how near to the second. */
interface Sample {
  readonly first: number
  readonly second: number
  readonly share: number
}

function samplesOf(length: number, sourceLength: number): readonly Sample[] {
  const last = sourceLength - 1
  return Array.from({ length }, (_, at) => {
    const place = Math.min(last, Math.max(0, ((at + 0.5) * sourceLength) / length - 0.5))
    const first = Math.floor(place)
    return { first, second: Math.min(last, first + 1), share: place - first }
  })
}

type Reader = (
  frame: Uint8Array,
  shape: FrameShape,
) => (row: Sample, column: Sample, rgb: Float64Array) => void

function blend(plane: Uint8Array, width: number, row: Sample, column: Sample): number {
  const [a, b] = [row.first * width, row.second * width]
  const above = mix(plane[a + column.first] as number, plane[a + column.second] as number, column.share)
  if (row.share === 0) return above
  return mix(
    above,
    mix(plane[b + column.first] as number, plane[b + column.second] as number, column.share),
    row.share,
  )
}

function mix(first: number, second: number, share: number): number {
  return first + (second - first) * share
}

/** ITU-R BT.601, studio range, as ffmpeg’s scaler and the models’ own input take it; chroma by the nearest pixel. */
const yuvReader: Reader = (frame, { width, height }) => {
  const luma = frame.subarray(0, width * height)
  const chroma = (width / 2) * (height / 2)
  const blue = frame.subarray(luma.length, luma.length + chroma)
  const red = frame.subarray(luma.length + chroma)
  return (row, column, rgb) => {
    const y = (255 / 219) * (blend(luma, width, row, column) - 16)
    const near = (row.share < 0.5 ? row.first : row.second) >> 1
    const at = near * (width / 2) + ((column.share < 0.5 ? column.first : column.second) >> 1)
    const [u, v] = [(255 / 224) * ((blue[at] as number) - 128), (255 / 224) * ((red[at] as number) - 128)]
    rgb[0] = y + 1.402 * v
    rgb[1] = y - ((1.772 * 0.114) / 0.587) * u - ((1.402 * 0.299) / 0.587) * v
    rgb[2] = y + 1.772 * u
  }
}

const gbrReader: Reader = (frame, { width, height }) => {
  const size = width * height
  const [green, blue, red] = [0, 1, 2].map((plane) => frame.subarray(plane * size, (plane + 1) * size))
  const planes = [red, green, blue] as readonly Uint8Array[]
  return (row, column, rgb) => {
    for (const [at, plane] of planes.entries()) rgb[at] = blend(plane, width, row, column)
  }
}

function clampByte(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.round(value)
}
