import { mkdir } from 'node:fs/promises'
import { isEdgeError, isNodeExecutionOver } from '../domain/index.ts'
import type { ExecutionId } from '../domain/index.ts'
import type { ComputeStore, Engine, Log } from '../ports/index.ts'
import type { ExecutionRecords } from './durable/execution-records.ts'
import { Notes } from './durable/notes.ts'
import {
  executionFolder,
  executionsDir,
  isFolder,
  listFolders,
  removeTree,
} from './folder/execution-folder.ts'
import type { Retention } from './folder/retention.ts'
import { reason } from './reasons.ts'

export interface RecoveryParts {
  readonly store: ComputeStore
  readonly records: ExecutionRecords
  readonly retention: Pick<Retention, 'add'>
  readonly engines: readonly Engine[]
  readonly log: Log
  readonly dataDir: string
  readonly newId: () => string
}

const epochKey = 'dataEpoch'

/**
 * Makes the node’s memory and its disk agree, before anything runs: folders that no execution has are removed, those of
 * ended executions go to retention, and finished work whose result is gone fails with `data_lost`. Engines end what they
 * still run for executions that will not be worked on again.
 */
export async function recover(parts: RecoveryParts): Promise<void> {
  const { records, retention, log, dataDir } = parts
  await mkdir(executionsDir(dataDir), { recursive: true, mode: 0o700 })
  await records.load()
  const { ids, strays } = await listFolders(dataDir)
  const orphans = [...strays]
  for (const id of ids) {
    const record = await records.find(id)
    if (record === undefined) orphans.push(executionFolder(dataDir, id).root)
    else if (isNodeExecutionOver(record.state)) retention.add(record)
  }
  for (const path of orphans) {
    log.warn({ path }, 'removing what no execution has')
    await removeTree(path)
  }
  await failLostResults(parts)
  await sweepEngines(parts)
  for (const { id, state, starts } of records.live())
    log.info({ execution: id, state, starts }, 'going on with an execution')
}

async function failLostResults({ records, dataDir, log }: RecoveryParts): Promise<void> {
  for (const { id, state } of records.live()) {
    if (state !== 'Publishing' || (await isFolder(executionFolder(dataDir, id).result))) continue
    log.error({ execution: id }, 'the result of a finished execution is gone')
    const lost = reason(
      'data_lost',
      'its result was removed from the node’s data directory before it was fetched',
    )
    await records.update(id, () => ({ to: 'Failed', set: { reason: lost }, report: true }))
  }
}

async function sweepEngines({ records, store, engines, log }: RecoveryParts): Promise<void> {
  const toWork = new Set<ExecutionId>()
  for (const { id, state } of records.live()) {
    if (state !== 'Publishing' && (await new Notes(store, id).cancel()) === undefined) toWork.add(id)
  }
  for (const engine of engines) {
    await engine.sweep?.(toWork).catch((error: unknown) => {
      // it cleans up when it is there
      if (isEdgeError(error, 'engine_unavailable')) return
      log.warn({ err: error, engine: engine.type }, 'an engine cannot clean up now')
    })
  }
}

/** The name of this node’s memory: the requester sees by it that a node has forgotten everything. */
export async function dataEpoch({ store, newId }: Pick<RecoveryParts, 'store' | 'newId'>): Promise<string> {
  return (await store.meta(epochKey)) ?? renewDataEpoch({ store, newId })
}

/** Makes a new one, when what the requester knows shows that this memory is older than it should be. */
export async function renewDataEpoch({
  store,
  newId,
}: Pick<RecoveryParts, 'store' | 'newId'>): Promise<string> {
  const epoch = newId()
  await store.putMeta(epochKey, epoch)
  return epoch
}
