import { z } from 'zod'

const seconds = z.number().min(0).max(86_400)

/**
 * What makes detections a significant event. Scores are 0..1, times are seconds of footage.
 * An empty `classes` means every class the model knows.
 */
export const SignificancePolicy = z.strictObject({
  classes: z.array(z.string().min(1).max(64)).max(1000).default([]),
  minScore: z.number().min(0).max(1).default(0.4).meta({ description: 'median score of a track, 0..1' }),
  minDurationSeconds: seconds
    .default(0.6)
    .meta({ description: 'a track that was seen for less is no event' }),
  mergeGapSeconds: seconds.default(3).meta({ description: 'events closer than this become one' }),
  preRollSeconds: seconds.default(1),
  postRollSeconds: seconds.default(1),
})
export type SignificancePolicy = z.infer<typeof SignificancePolicy>
