import { z } from 'zod'
import { isSimplePolygon } from '../utils/geometry.ts'
import { uniqueNames } from './unique-names.ts'

const seconds = z.number().min(0).max(86_400)
const classNames = z.array(z.string().min(1).max(64)).max(1000)
const placeName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'letters, digits, . _ -, at most 63, e.g. gate-west')
  .meta({ description: 'named in events' })

const share = z.number().min(0, 'outside the picture: 0 is its left or upper edge').max(1, {
  message: 'outside the picture: 1 is its right or lower edge (shares of it, not pixels)',
})
/** [x, y] as shares of the picture’s width and height, from its upper left corner. */
export const PicturePoint = z.tuple([share, share])
export type PicturePoint = z.infer<typeof PicturePoint>

const polygon = z
  .array(PicturePoint)
  .min(3, 'a polygon needs at least 3 corners')
  .max(100, 'a polygon has at most 100 corners')
  .refine((corners) => corners.length < 3 || isSimplePolygon(corners), {
    message:
      'the edges of the polygon cross, touch or fold back; list its corners in order around it, the first only once',
  })
  .meta({ description: 'corners [x, y] in order around it, as shares of the picture, 0..1' })

/** A part of the picture in which objects count: when zones or lines are named, nothing counts elsewhere. */
export const Zone = z.strictObject({
  name: placeName,
  polygon,
  classes: classNames.default([]).meta({ description: 'empty: those of the policy' }),
  dwellSeconds: seconds
    .optional()
    .meta({ description: 'least time of one stay in it; default: dwellSeconds of the policy' }),
})
export type Zone = z.infer<typeof Zone>

/** A part of the picture in which detections do not count at all. */
export const Mask = z.strictObject({
  name: placeName,
  polygon,
  classes: classNames.default([]).meta({ description: 'empty: detections of every class' }),
})
export type Mask = z.infer<typeof Mask>

/** Seen by one who stands at `from` and looks to `to`. */
export const CrossingDirection = z.enum(['left-to-right', 'right-to-left'])
export type CrossingDirection = z.infer<typeof CrossingDirection>

/** A line across the picture; objects that cross it in the wanted direction count. */
export const Line = z
  .strictObject({
    name: placeName,
    from: PicturePoint.meta({ description: '[x, y] as shares of the picture, 0..1' }),
    to: PicturePoint.meta({ description: '[x, y] as shares of the picture, 0..1' }),
    direction: z
      .enum(['any', ...CrossingDirection.options])
      .default('any')
      .meta({ description: 'seen by one who stands at from and looks to to' }),
    classes: classNames.default([]).meta({ description: 'empty: those of the policy' }),
  })
  .refine(({ from, to }) => Math.hypot(to[0] - from[0], to[1] - from[1]) >= 0.01, {
    message: 'the line has no length: from and to are less than 0.01 of the picture apart',
    path: ['to'],
  })
export type Line = z.infer<typeof Line>

/**
 * What makes detections a significant event; docs/policies.md explains each field. Scores are 0..1, times are seconds
 * of footage. All conditions must hold. An empty `classes` means every class the model knows.
 */
export const SignificancePolicy = z
  .strictObject({
    classes: classNames.default([]).meta({ description: 'empty: every class of the model' }),
    minScore: z.number().min(0).max(1).default(0.4).meta({ description: 'median score of a track, 0..1' }),
    keepScore: z.number().min(0.01).max(1).default(0.1).meta({
      description: 'detections from here up to the engine’s scoreThreshold begin no track but keep one going',
    }),
    minDurationSeconds: seconds
      .default(0.6)
      .meta({ description: 'a track that was seen for less is no event' }),
    minDisplacement: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .meta({ description: 'least distance from where it began, as a share of the picture’s diagonal' }),
    dwellSeconds: seconds
      .default(0)
      .meta({ description: 'least time of one stay in a zone, or in the picture without zones and lines' }),
    anchor: z.enum(['foot', 'centre']).default('foot').meta({
      description: 'which point of a box is in a zone: the middle of its lower edge, or its centre',
    }),
    zones: z
      .array(Zone)
      .max(64)
      .default([])
      .superRefine(uniqueNames('zone'))
      .meta({ description: 'parts of the picture in which objects count' }),
    masks: z
      .array(Mask)
      .max(64)
      .default([])
      .superRefine(uniqueNames('mask'))
      .meta({ description: 'parts of the picture in which detections do not count' }),
    lines: z
      .array(Line)
      .max(64)
      .default([])
      .superRefine(uniqueNames('line'))
      .meta({ description: 'lines that objects have to cross' }),
    ignoreParked: z.boolean().default(true).meta({ description: 'objects that stand still make no event' }),
    parkedAfterSeconds: seconds
      .min(1)
      .default(30)
      .meta({ description: 'what does not move for so long is parked' }),
    mergeGapSeconds: seconds.default(3).meta({ description: 'events closer than this become one' }),
    endHysteresisSeconds: seconds
      .max(60)
      .default(3)
      .meta({ description: 'an object that is away, or still, for less has not ended its event' }),
    preRollSeconds: seconds.default(1).meta({ description: 'of the clip before the event' }),
    postRollSeconds: seconds.default(1).meta({ description: 'of the clip after the event' }),
  })
  .superRefine(({ classes, zones, lines }, context) => {
    if (classes.length === 0) return
    for (const [field, places] of Object.entries({ zones, lines })) {
      for (const [index, place] of places.entries()) {
        for (const name of place.classes.filter((one) => !classes.includes(one))) {
          const message = `${name} is not among the policy’s classes, so it would never be seen`
          context.addIssue({ code: 'custom', path: [field, index, 'classes'], message })
        }
      }
    }
  })
export type SignificancePolicy = z.infer<typeof SignificancePolicy>
