import {
  EdgeError,
  type Report,
  type ReportRequest,
  type ReportResponse,
  type NodeId,
} from '../domain/index.ts'
import type { Log } from '../ports/index.ts'
import type { Fleet } from './fleet/index.ts'
import { untilAgreed } from './journal.ts'
import type { Parts } from './parts.ts'
import { effectOf } from './report-effect.ts'

/** Takes in the nodes’ report logs: in order, each once, its effect and the cursor in one transaction. */
export class Reports {
  readonly #parts: Parts
  readonly #fleet: Fleet
  readonly #log: Log

  constructor(parts: Parts, fleet: Fleet) {
    this.#parts = parts
    this.#fleet = fleet
    this.#log = parts.log.child({ part: 'reports' })
  }

  /** Resolves when every report is on disk. Throws `state_conflict` for a node that has to join first. */
  receive(peer: NodeId, { dataEpoch, reports }: ReportRequest): Promise<ReportResponse> {
    return this.#fleet.inLane(peer, async () => {
      const node = await this.#parts.store.node(peer)
      if (node?.dataEpoch !== dataEpoch) {
        throw new EdgeError('state_conflict', 'reports came from a data directory that has not joined', {
          hint: 'Join first.',
        })
      }
      let ackedSeq = node.ackedReportSeq
      for (const report of [...reports].sort((a, b) => a.seq - b.seq)) {
        if (report.seq <= ackedSeq) continue
        if (report.seq > ackedSeq + 1) {
          this.#log.warn({ nodeId: peer, ackedSeq, seq: report.seq }, 'reports of a node are missing')
        }
        await untilAgreed(() => this.#apply(peer, report))
        ackedSeq = report.seq
      }
      return { ackedSeq }
    })
  }

  async #apply(nodeId: NodeId, report: Report): Promise<void> {
    const { store, journal, nowMs } = this.#parts
    const found = await store.execution(report.executionId)
    const effect = effectOf(found?.nodeId === nodeId ? found : undefined, report, nowMs())
    const reportCursor = { nodeId, ackedReportSeq: report.seq }
    if (effect.ignored === undefined) {
      await journal.commit({ executions: effect.changes, reportCursor })
      return
    }
    const { executionId, token, state, seq } = report
    this.#log.info({ nodeId, executionId, token, state, seq, why: effect.ignored }, 'a report was ignored')
    await journal.commit({ reportCursor })
  }
}
