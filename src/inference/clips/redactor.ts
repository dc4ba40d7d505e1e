import type { Box, Interval, RedactSpec, Redaction } from '../../domain/index.ts'
import { hideRegion, type Picture, type Region } from '../../media/index.ts'
import { boxAt, type ObjectPath } from './object-paths.ts'

export interface RedactorInit {
  readonly spec: RedactSpec
  readonly paths: readonly ObjectPath[]
  readonly classes: readonly string[]
  /** From one sampled frame to the next. */
  readonly stepSeconds: number
  /** Only what is near this part of the footage is kept in mind. */
  readonly within: Interval
}

/** Boxes are made larger by this: a detector’s box ends at the object, and people move arms between samples. */
const padding = 1.2
/** Of the height of a person’s box, from its upper edge. */
const headShare = 0.35

/** Puts out of sight what a spec names, in one picture after the other, and counts. */
export class Redactor {
  readonly #spec: RedactSpec
  readonly #wanted: readonly { readonly path: ObjectPath; readonly isHead: boolean }[]
  readonly #holdSeconds: number
  #frames = 0
  #hidden = 0

  constructor({ spec, paths, classes, stepSeconds, within }: RedactorInit) {
    this.#spec = spec
    this.#holdSeconds = Math.max(0.4, 1.5 * stepSeconds)
    const named = new Set(spec.classes)
    this.#wanted = paths.flatMap((path) => {
      const name = classes[path.classId] ?? ''
      const isHead = spec.heads && name === 'person' && !named.has(name)
      const first = (path.points[0]?.seconds ?? Infinity) - this.#holdSeconds
      const last = (path.points.at(-1)?.seconds ?? -Infinity) + this.#holdSeconds
      const isNear = first <= within.endSeconds + 1 && last >= within.startSeconds - 1
      return isNear && (isHead || named.has(name)) ? [{ path, isHead }] : []
    })
  }

  /** Changes the picture in place. */
  paint(picture: Picture, seconds: number): void {
    const regions = this.#regionsAt(seconds)
    for (const region of regions) hideRegion(picture, region, this.#spec.method)
    this.#frames += 1
    if (regions.length > 0) this.#hidden += 1
  }

  /** What was done so far, for the event’s record. */
  record(): Redaction {
    const { classes, zones, heads, method } = this.#spec
    return {
      what: [
        ...(classes.length > 0 ? (['classes'] as const) : []),
        ...(zones.length > 0 ? (['zones'] as const) : []),
        ...(heads ? (['heads'] as const) : []),
      ],
      classes: classes.toSorted(),
      method,
      frames: this.#hidden,
      framesInClip: this.#frames,
    }
  }

  #regionsAt(seconds: number): readonly Region[] {
    const zones = this.#spec.zones.map((points): Region => ({ kind: 'polygon', points }))
    const boxes = this.#wanted.flatMap(({ path, isHead }): Region[] => {
      const box = boxAt(path, seconds, this.#holdSeconds)
      return box === undefined ? [] : [{ kind: 'box', box: padded(isHead ? headOf(box) : box) }]
    })
    return [...zones, ...boxes]
  }
}

function padded([x, y, width, height]: Box): Box {
  return [x, y, width * padding, height * padding]
}

/** The upper part of a person; all of one who is wider than high, whose head may be anywhere. */
function headOf([x, y, width, height]: Box): Box {
  if (width > height) return [x, y, width, height]
  return [x, y - (height * (1 - headShare)) / 2, width, height * headShare]
}
