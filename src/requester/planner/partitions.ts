import type { ExecutionRecord } from '../../domain/index.ts'
import { failuresOf, isBadEnd, isGivenUp, isRefusal, retryAtMs } from './attempts.ts'
import { isStarted } from './live-execution.ts'
import type { PlanInput } from './plan.ts'

/** What became of the parts of a batch job, which are numbered from 0 to `count` - 1. */
export interface Partitions {
  readonly completed: number
  /** Ended badly for good. */
  readonly failed: number
  /** Neither ended nor in work. */
  readonly free: number
  /** Those of the free ones that may be started now, lowest number first. */
  readonly ready: readonly number[]
  /** When the next of the other free ones may be. */
  readonly readyMs: readonly number[]
}

/** Every partition runs until it is completed once; its retries keep its number. */
export function partitionsOf({ job, executions, nowMs, timings }: PlanInput): Partitions {
  const { count } = job.spec
  const byPartition = Array.from({ length: count }, (): ExecutionRecord[] => [])
  for (const [execution, partition] of numbered(executions, count)) byPartition[partition]?.push(execution)
  let completed = 0
  let failed = 0
  const ready: number[] = []
  const readyMs: number[] = []
  for (const [partition, own] of byPartition.entries()) {
    if (own.some(({ state }) => state === 'Completed')) completed += 1
    else if (own.some(isStarted)) continue
    else if (isGivenUp(failuresOf(own), job.spec)) failed += 1
    else {
      const atMs = retryAtMs(own, timings)
      if (atMs <= nowMs) ready.push(partition)
      else readyMs.push(atMs)
    }
  }
  return { completed, failed, free: ready.length + readyMs.length, ready, readyMs }
}

/** Executions that were started, with their partition. Those from before there were numbers get one each, done ones first. */
function numbered(
  executions: readonly ExecutionRecord[],
  count: number,
): readonly (readonly [ExecutionRecord, number])[] {
  const started = executions.filter((each) => isStarted(each) || each.state === 'Completed' || isBadEnd(each))
  const old = started.filter(({ partition }) => partition === undefined)
  const rank = (each: ExecutionRecord): number => (each.state === 'Completed' ? 0 : isStarted(each) ? 1 : 2)
  const oldNumbers = new Map(
    [...old]
      .filter((each) => !isRefusal(each))
      .sort((a, b) => rank(a) - rank(b))
      .map(({ id }, index) => [id, index % count]),
  )
  return started.map((each) => [each, each.partition ?? oldNumbers.get(each.id) ?? 0] as const)
}
