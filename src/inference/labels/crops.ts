import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { MediaTools } from '../../media/index.ts'
import { writeCrops } from '../../media/index.ts'
import type { Crop } from '../../media/index.ts'
import type { Abortable } from '../../ports/index.ts'
import type { Detection } from '../detector/index.ts'
import { sourceFolder } from '../events/index.ts'
import { wholePixels } from './format-labels.ts'

/** As detect.py of YOLOv5 v7.0 (utils/plots.py): a crop is so much longer than its box, and so many pixels on top. */
const gain = 1.02
const pad = 10

/** The part of a picture that is cut out for a box; undefined where none of it is inside. */
export function cropOf(
  box: Detection['box'],
  { width, height }: { readonly width: number; readonly height: number },
): Omit<Crop, 'output'> | undefined {
  const [left, top, right, bottom] = wholePixels(box, { width, height })
  const [halfWidth, halfHeight] = [right - left, bottom - top].map((side) => (side * gain + pad) / 2)
  const within = (value: number, limit: number): number => Math.min(limit, Math.max(0, Math.trunc(value)))
  const [middle, level] = [(left + right) / 2, (top + bottom) / 2]
  const [fromX, toX] = [within(middle - (halfWidth ?? 0), width), within(middle + (halfWidth ?? 0), width)]
  const [fromY, toY] = [within(level - (halfHeight ?? 0), height), within(level + (halfHeight ?? 0), height)]
  if (toX <= fromX || toY <= fromY) return undefined
  return { left: fromX, top: fromY, width: toX - fromX, height: toY - fromY }
}

export interface PictureToCrop {
  /** Of the file; crops of all frames of a video are counted on. */
  readonly stem: string
  readonly width: number
  readonly height: number
  /** Planes G, B, R of the picture, whose sides may be longer by one to be even. */
  readonly picture: { readonly width: number; readonly height: number; readonly data: Uint8Array }
  readonly detections: readonly Detection[]
}

/** Writes `crops/<class>/<stem>.jpg`, then `<stem>2.jpg`, `<stem>3.jpg`, ... as detect.py does, the weakest box first. */
export class CropFolder {
  readonly #folder: string
  readonly #tools: MediaTools
  readonly #classes: readonly string[]
  /** The next number of each name, and the paths that were given away. */
  readonly #next = new Map<string, number>()
  readonly #taken = new Set<string>()

  constructor(folder: string, { tools, classes }: { tools: MediaTools; classes: readonly string[] }) {
    this.#folder = join(folder, 'crops')
    this.#tools = tools
    this.#classes = classes
  }

  /** The number of crops that were written. Throws ffmpeg_failed. */
  async write({ stem, picture, detections, ...size }: PictureToCrop, options: Abortable): Promise<number> {
    const crops = detections
      .toSorted((a, b) => a.score - b.score)
      .flatMap(({ classId, box }): Crop[] => {
        const part = cropOf(box, size)
        return part === undefined ? [] : [{ ...part, output: this.#take(classId, stem) }]
      })
    for (const folder of new Set(crops.map(({ output }) => dirname(output))))
      await mkdir(folder, { recursive: true })
    await writeCrops(this.#tools, picture, crops, options)
    return crops.length
  }

  #take(classId: number, stem: string): string {
    // a class of a foreign model may be called anything, `../x` too
    const name = sourceFolder((this.#classes[classId] ?? String(classId)).replaceAll('/', '_'))
    const base = join(this.#folder, name, stem)
    for (let number = this.#next.get(base) ?? 1; ; number++) {
      const path = `${base}${number === 1 ? '' : number}.jpg`
      if (this.#taken.has(path) || existsSync(path)) continue
      this.#taken.add(path)
      this.#next.set(base, number + 1)
      return path
    }
  }
}
