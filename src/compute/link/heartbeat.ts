import type { ExecutionId, HeartbeatRequest, NodeExecutionRecord, Progress } from '../../domain/index.ts'

type Told = HeartbeatRequest['executions'][number]

/** The table allows 1 MiB a message. */
const maxBytes = 512 * 1024

/**
 * The executions of a heartbeat: those at work first, with their progress, and as many of the others as one message
 * holds. It is news that may be lost: what is left out is in the reports.
 */
export function heartbeatExecutions(
  live: readonly NodeExecutionRecord[],
  progressOf: (id: ExecutionId) => Progress | undefined,
): Told[] {
  const told = live.map(({ id, token, state }): Told => {
    const progress = progressOf(id)
    return { executionId: id, token, state, ...(progress === undefined ? {} : { progress }) }
  })
  const ordered = [...told.filter(({ progress }) => progress), ...told.filter(({ progress }) => !progress)]
  let bytes = 0
  return ordered.filter((execution) => {
    bytes += Buffer.byteLength(JSON.stringify(execution))
    return bytes <= maxBytes
  })
}
