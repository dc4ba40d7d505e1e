import type { EdgeEvent, EventTrack, Polygon } from '../../domain/index.ts'
import { drawLabel, labelSize, outlineBox, outlinePolygon, type Picture } from '../../media/index.ts'
import { boxOverlap } from '../tracking/index.ts'
import { classColour } from './class-colours.ts'
import { boxAt, type ObjectPath } from './object-paths.ts'

export interface PreviewInit {
  readonly event: EdgeEvent
  readonly paths: readonly ObjectPath[]
  readonly classes: readonly string[]
  readonly zones: readonly Polygon[]
  readonly stepSeconds: number
}

const white = [255, 255, 255] as const

/** Draws zones, and every object with its box, class, score and, where it belongs to a track of the event, the number. */
export function previewPainter(init: PreviewInit): (picture: Picture, seconds: number) => void {
  const { event, paths, classes, zones, stepSeconds } = init
  const shown = paths
    .filter(({ points }) => {
      const [first, last] = [points[0]?.seconds ?? Infinity, points.at(-1)?.seconds ?? -Infinity]
      return first <= event.asked.endSeconds + stepSeconds && last >= event.asked.startSeconds - stepSeconds
    })
    .map((path) => {
      const name = classes[path.classId] ?? `class-${path.classId}`
      return { path, name, ids: tracksOf(path, name, event.tracks) }
    })
  return (picture, seconds) => {
    const scale = Math.max(1, Math.round(picture.height / 360))
    for (const zone of zones) outlinePolygon(picture, zone, white, scale)
    for (const { path, name, ids } of shown) {
      const box = boxAt(path, seconds, stepSeconds / 2)
      if (box === undefined) continue
      const colour = classColour(name)
      outlineBox(picture, box, colour, 2 * scale)
      const nearest = path.points.reduce((a, b) =>
        Math.abs(b.seconds - seconds) < Math.abs(a.seconds - seconds) ? b : a,
      )
      const id = ids.length === 0 ? '' : ` #${ids.join('+')}`
      const text = `${name} ${nearest.score.toFixed(2)}${id}`
      const left = (box[0] - box[2] / 2) * picture.width
      const top = (box[1] - box[3] / 2) * picture.height - labelSize(text, scale).height
      drawLabel(picture, { text, left, top, scale, colour: white, background: colour })
    }
  }
}

/** Paths are not tracks; a track goes along the path that is where its best detection was. */
function tracksOf(path: ObjectPath, name: string, tracks: readonly EventTrack[]): readonly number[] {
  return tracks
    .filter((track) => {
      const box = track.class === name ? boxAt(path, track.peakSeconds, 0.001) : undefined
      return box !== undefined && boxOverlap(box, track.peakBox) > 0.8
    })
    .map(({ id }) => id)
}
