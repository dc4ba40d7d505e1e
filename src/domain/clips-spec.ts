import { z } from 'zod'

const fraction = z.number().min(0).max(1)

/** A part of the picture: corners in 0..1 from its upper left corner, in either direction. */
export const Polygon = z
  .array(z.tuple([fraction, fraction]))
  .min(3)
  .max(64)
export type Polygon = z.infer<typeof Polygon>

/** What is put out of sight in everything that is published of a source: clips, thumbnails, previews, sheets. */
export const RedactSpec = z
  .strictObject({
    classes: z
      .array(z.string().min(1).max(64))
      .max(1000)
      .default([])
      .meta({ description: 'everything that is detected of these classes' }),
    zones: z.array(Polygon).max(64).default([]).meta({ description: 'parts of the picture, always' }),
    heads: z.boolean().default(false).meta({ description: 'the upper part of every person' }),
    method: z.enum(['blur', 'box']).default('blur').meta({ description: 'blurred, or painted over' }),
  })
  .refine(({ classes, zones, heads }) => classes.length + zones.length > 0 || heads, {
    message: 'names nothing to redact: give classes, zones or heads',
  })
export type RedactSpec = z.infer<typeof RedactSpec>

/** How events become clips, and what is drawn beside them. The footage itself is never changed. */
export const ClipsSpec = z.strictObject({
  mode: z.enum(['copy', 'exact']).default('copy').meta({
    description:
      'copy: from the keyframe before the asked start; exact: from the frame, its first part encoded',
  }),
  redact: RedactSpec.optional().meta({ description: 'what is put out of sight in all that is published' }),
  preview: z.boolean().default(false).meta({ description: 'a second clip with boxes and labels drawn in' }),
  contactSheet: z.boolean().default(false).meta({ description: 'a picture of small pictures per source' }),
  timeline: z
    .boolean()
    .default(false)
    .meta({ description: 'a picture of when there were events per source' }),
})
export type ClipsSpec = z.infer<typeof ClipsSpec>
