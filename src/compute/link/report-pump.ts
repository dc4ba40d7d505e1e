import { EdgeError } from '../../domain/index.ts'
import type { Report, ReportRequest, ReportResponse } from '../../domain/index.ts'
import type { ComputeStore } from '../../ports/index.ts'
import type { Wake } from '../wake.ts'

export interface ReportPumpInit {
  readonly store: ComputeStore
  readonly dataEpoch: string
  readonly news: Wake
  readonly send: (request: ReportRequest) => Promise<ReportResponse>
  readonly signal: AbortSignal
}

/** The table allows 1 MiB a message and 256 reports a call. */
const maxBatchBytes = 512 * 1024
const maxBatch = 256

/**
 * Sends the report log from `afterSeq` on, in order, and goes on with what is added; each batch waits for the
 * acknowledgement of the one before. A requester that acknowledges less than before (it was restored) gets them again.
 * Never resolves; rejects with what `send` threw, or the signal’s reason.
 */
export async function pumpReports(
  { store, dataEpoch, news, send, signal }: ReportPumpInit,
  afterSeq: number,
): Promise<never> {
  let acked = afterSeq
  for (;;) {
    const { version } = news
    const reports = firstBatch(await store.reportsAfter(acked, maxBatch))
    const last = reports.at(-1)
    if (last === undefined) {
      await news.after(version, { signal })
      continue
    }
    signal.throwIfAborted()
    const { ackedSeq } = await send({ dataEpoch, reports: [...reports] })
    if (ackedSeq > last.seq) {
      throw new EdgeError(
        'rpc_protocol',
        `the requester acknowledged report ${ackedSeq}, the last one sent is ${last.seq}`,
      )
    }
    if (ackedSeq === acked)
      throw new EdgeError('rpc_failed', `the requester took none of the reports after ${acked}`)
    await store.ackReports(ackedSeq)
    acked = ackedSeq
  }
}

/** As many as one message holds; at least one. */
export function firstBatch(reports: readonly Report[]): readonly Report[] {
  let bytes = 0
  const end = reports.findIndex((report) => {
    bytes += Buffer.byteLength(JSON.stringify(report))
    return bytes > maxBatchBytes
  })
  return end === -1 ? reports : reports.slice(0, Math.max(1, end))
}
