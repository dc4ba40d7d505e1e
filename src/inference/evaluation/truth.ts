import { z } from 'zod'
import { Interval } from '../../domain/index.ts'

/** A moment that should be found. Without `classes` an event of any class finds it, else one that names any of them. */
export const TruthEvent = Interval.extend({ classes: z.array(z.string().min(1)).default([]) })
  .strict()
  .refine(({ startSeconds, endSeconds }) => endSeconds >= startSeconds, 'it ends before it begins')
export type TruthEvent = z.infer<typeof TruthEvent>

/** All that happens in one file of footage; without events it is footage in which nothing should be found. */
export const TruthSource = z.strictObject({
  source: z
    .string()
    .min(1)
    .meta({ description: 'as in events.json, or the end of it, or the file’s name without extension' }),
  durationSeconds: z.number().positive().optional(),
  events: z.array(TruthEvent),
})
export type TruthSource = z.infer<typeof TruthSource>

/** What people (or dense labels) say is in some footage. Times are the file’s own PTS, as in events.json. */
export const TruthDocument = z.strictObject({
  format: z.literal('edge/truth/v1'),
  sources: z
    .array(TruthSource)
    .min(1)
    .refine(
      (sources) => new Set(sources.map(({ source }) => source)).size === sources.length,
      'a source is named twice',
    ),
})
export type TruthDocument = z.infer<typeof TruthDocument>

/**
 * The truth’s source that speaks of a file: the one of the same name, else the only one that is the end of its path
 * (`gate.mp4` for `videos/gate.mp4`) or its name without extension (`gate`). Undefined when none or several fit.
 */
export function findTruth(source: string, truths: readonly TruthSource[]): TruthSource | undefined {
  const exact = truths.find((truth) => truth.source === source)
  if (exact !== undefined) return exact
  const fitting = truths.filter(
    (truth) => source.endsWith(`/${truth.source}`) || stemOf(source) === truth.source,
  )
  return fitting.length === 1 ? fitting[0] : undefined
}

/** A path’s last name without its extension. */
export function stemOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  return dot > 0 ? name.slice(0, dot) : name
}
