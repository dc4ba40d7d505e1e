import { z } from 'zod'
import { EdgeEvent, LedgerSource } from '../../domain/index.ts'

/** A file to analyse: its name in the documents, and where it lies. */
export const VideoSource = z.object({ source: z.string().min(1), path: z.string().min(1) })
export type VideoSource = z.infer<typeof VideoSource>

/**
 * What is known of one file when it is done: its part of both documents, and what it was made from. Kept by the node, so
 * that work goes on with the next file after a crash; good only while file, model and settings are the same.
 */
export const Fragment = z.object({
  source: z.string(),
  madeFrom: z.object({ bytes: z.int(), mtimeMs: z.number(), analysis: z.string() }),
  wasRead: z.boolean().meta({ description: 'at least one frame was analysed' }),
  events: z.array(EdgeEvent),
  ledger: LedgerSource,
})
export type Fragment = z.infer<typeof Fragment>

/** The files of a fragment, below the outputs. */
export function filesOf({ events, ledger }: Fragment): readonly string[] {
  const { contactSheet, timeline } = ledger.pictures ?? {}
  return [...events.flatMap(eventFiles), contactSheet, timeline].filter((name) => name !== undefined)
}

/** The files of an event, below the outputs. */
export function eventFiles({ clip, thumbnail, preview }: EdgeEvent): readonly string[] {
  return [clip, thumbnail, preview].filter((name) => name !== null && name !== undefined)
}
