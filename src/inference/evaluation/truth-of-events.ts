import type { EventsDocument, LedgerDocument } from '../../domain/index.ts'
import type { TruthDocument } from './truth.ts'

/** The events of one run as the truth of another: from the first detection to the last, without pre- and post-roll. */
export function truthOfEvents({
  events,
  ledger,
}: {
  readonly events: EventsDocument
  readonly ledger: LedgerDocument
}): TruthDocument {
  return {
    format: 'edge/truth/v1',
    sources: ledger.sources.map(({ source, durationSeconds }) => ({
      source,
      ...(durationSeconds > 0 ? { durationSeconds } : {}),
      events: events.events
        .filter((event) => event.source === source)
        .map(({ tracks, classes }) => ({
          startSeconds: Math.min(...tracks.map(({ firstSeconds }) => firstSeconds)),
          endSeconds: Math.max(...tracks.map(({ lastSeconds }) => lastSeconds)),
          classes: [...classes],
        })),
    })),
  }
}
