import { isJobOver, type HistoryEntry, type JobEvent, type JobId, type NodeId } from '../../domain/index.ts'
import type { RequesterStore } from '../../ports/index.ts'
import type { News, PassingEvent, Subscription } from './news.ts'

const pageSize = 200

export interface WatchInit {
  readonly store: RequesterStore
  readonly news: News
  readonly jobId: JobId | undefined
  readonly afterSeq: number
  /** Its abort ends the watch without an error. */
  readonly signal: AbortSignal
}

/**
 * History after `afterSeq` without gap or repetition (it is always read from the store, in order), passing news in
 * between; ends when the one job is over and its history is told.
 */
export async function* watchJobs({
  store,
  news,
  jobId,
  afterSeq,
  signal,
}: WatchInit): AsyncGenerator<JobEvent> {
  const subscription = news.subscribe(jobId)
  try {
    const nodes = new Set<NodeId>()
    if (jobId !== undefined) for (const { nodeId } of await store.executionsOfJob(jobId)) nodes.add(nodeId)
    for (let seq = afterSeq; !signal.aborted;) {
      // Asked before the history is read: what ended later is told in the next round.
      const isOver = jobId !== undefined && (await isEnded(store, jobId))
      for await (const entry of historyAfter(store, jobId, seq)) {
        seq = entry.seq
        if (entry.nodeId !== undefined) nodes.add(entry.nodeId)
        yield { kind: 'history', entry }
      }
      if (isOver) return
      yield* subscription.takePassing().filter((event) => concerns(event, jobId, nodes))
      await nextRing(subscription, signal)
    }
  } finally {
    subscription.close()
  }
}

async function* historyAfter(
  store: RequesterStore,
  jobId: JobId | undefined,
  afterSeq: number,
): AsyncGenerator<HistoryEntry> {
  for (let seq = afterSeq; ;) {
    const page = await store.history({
      afterSeq: seq,
      limit: pageSize,
      ...(jobId === undefined ? {} : { jobId }),
    })
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) return
    seq = last.seq
  }
}

async function isEnded(store: RequesterStore, jobId: JobId): Promise<boolean> {
  const job = await store.job(jobId)
  return job === undefined || isJobOver(job.state)
}

function concerns(event: PassingEvent, jobId: JobId | undefined, nodes: ReadonlySet<NodeId>): boolean {
  return event.kind === 'progress' || jobId === undefined || nodes.has(event.nodeId)
}

async function nextRing({ wakeup }: Subscription, signal: AbortSignal): Promise<void> {
  try {
    await wakeup.wait(signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
