import { EdgeError } from '../../domain/index.ts'
import type { NodeExecutionRecord, ResultSummary } from '../../domain/index.ts'
import type { Published } from '../../ports/index.ts'
import { jitteredPauseMs } from '../backoff.ts'
import { ofType } from '../of-type.ts'
import type { Run } from './run.ts'

/**
 * Publishes the result of finished work, again and again until it succeeds: that is never the work’s failure. Then the
 * requester is told, once for each result. Rejects with the signal’s reason when stopped.
 */
export async function publishResult(run: Run, record: NodeExecutionRecord): Promise<void> {
  const { cid, bytes, files } = await publishUntilDone(run, record)
  const result: ResultSummary = { cid, bytes, files, ...(await run.notes.scanned()) }
  await run.parts.records.update(run.id, (current) =>
    current?.state !== 'Publishing' || current.result?.cid === cid
      ? undefined
      : { set: { result }, report: true },
  )
}

async function publishUntilDone(
  { parts, id, folder, signal, log }: Run,
  { spec }: NodeExecutionRecord,
): Promise<Published> {
  const { timings } = parts
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted()
    try {
      const publisher = ofType(parts.publishers, spec.publisher.type)
      if (publisher === undefined) {
        throw new EdgeError('not_supported', `this node cannot publish to ${spec.publisher.type} any more`)
      }
      return await publisher.publish(id, folder.result, { signal })
    } catch (error) {
      signal.throwIfAborted()
      const pauseMs = jitteredPauseMs(
        attempt,
        { minMs: timings.publishRetryMinMs, maxMs: timings.publishRetryMaxMs },
        parts.random,
      )
      log.warn(
        { err: error, attempt: attempt + 1, pauseMs: Math.round(pauseMs) },
        'publishing failed; it is tried again',
      )
      await parts.clock.sleep(pauseMs, { signal })
    }
  }
}
