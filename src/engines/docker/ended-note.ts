import { z } from 'zod'
import { Reason } from '../../domain/index.ts'
import type { EngineOutcome, EngineWork } from '../../ports/index.ts'

const key = 'container-ended'
const count = z.int().min(0)

const Note = z.object({
  exitCode: z.int(),
  reason: Reason.optional(),
  scannedFiles: count,
  scannedBytes: count,
  scannedSeconds: z.number().min(0),
  events: count,
  clips: count,
})

/** How the container of this execution ended, when it did before the node was restarted. */
export async function endedBefore({ checkpoint }: EngineWork): Promise<EngineOutcome | undefined> {
  const { data } = Note.safeParse((await checkpoint.entries()).get(key))
  if (data === undefined) return undefined
  const { reason, ...rest } = data
  return { ...rest, ...(reason === undefined ? {} : { reason }) }
}

/** A container that has ended is removed; from then on this is all that is known of it. */
export async function noteEnded({ checkpoint }: EngineWork, outcome: EngineOutcome): Promise<void> {
  await checkpoint.put(key, outcome)
}
