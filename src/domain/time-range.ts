import { z } from 'zod'

const seconds = z.number().min(-1e9).max(1e9)

/** The part of each file that is analysed: frames from `fromSeconds` up to, and without, `toSeconds`. */
export const TimeRange = z
  .strictObject({
    fromSeconds: seconds.optional().meta({ description: 'PTS, as the times in events.json' }),
    toSeconds: seconds.optional().meta({ description: 'frames before it' }),
  })
  .refine(({ fromSeconds, toSeconds }) => fromSeconds !== undefined || toSeconds !== undefined, {
    error: 'say fromSeconds, toSeconds or both',
  })
  .refine(({ fromSeconds = -Infinity, toSeconds = Infinity }) => fromSeconds < toSeconds, {
    error: 'fromSeconds must be before toSeconds',
  })
export type TimeRange = z.infer<typeof TimeRange>
