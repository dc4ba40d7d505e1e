import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NodeExecutionState, OfferRequest } from '../../src/domain/index.ts'
import type { ComputeNode } from './compute-node.ts'

/** What a node that was killed at that moment has on disk. */
export async function killedIn(
  node: ComputeNode,
  state: NodeExecutionState,
  offer: OfferRequest,
  starts = 1,
): Promise<void> {
  const { executionId: id, jobId, token, spec } = offer
  const { store, dir } = node
  let revision = 0
  const move = async (to: NodeExecutionState, set: object = {}): Promise<void> => {
    await store.commit({ atMs: 1, executions: [{ id, expectedRevision: revision++, to, set }] })
  }
  await store.commit({ atMs: 1, newExecutions: [{ id, jobId, token, spec }] })
  if (state === 'Accepted') return
  await move('Preparing', { starts })
  await mkdir(join(dir, 'executions', id, 'result', 'outputs'), { recursive: true })
  await writeFile(join(dir, 'executions', id, 'result', 'outputs', 'partial'), 'from before')
  await writeFile(join(dir, 'executions', id, 'result', 'stdout'), 'cut in the mid')
  if (state === 'Preparing') return
  await move('Running')
  if (state === 'Running') return
  await move('Publishing', { outcome: { state: 'Completed' }, exitCode: 0 })
}
