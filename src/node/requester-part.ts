import { join } from 'node:path'
import { FsBlockStore } from '../content/index.ts'
import type { Orchestrator, Startable } from '../ports/index.ts'
import { createRequester } from '../requester/index.ts'
import { createSqliteRequesterStore } from '../stores/index.ts'
import { systemClock } from '../utils/system-clock.ts'
import { sha256Hex } from './api-access.ts'
import type { PartContext } from './part-context.ts'

/** The requester daemon on SQLite and a folder of blocks. */
export async function requesterPart(
  context: PartContext,
): Promise<Startable & { readonly orchestrator: Orchestrator }> {
  const { settings, network, newId, run } = context
  const log = context.log.child({ component: 'requester' })
  const store = await run(createSqliteRequesterStore({ path: join(settings.dataDir, 'requester.db'), log }))
  return createRequester({
    store,
    network,
    blocks: new FsBlockStore(join(settings.dataDir, 'blocks')),
    clock: systemClock,
    log,
    newId,
    random: Math.random,
    membership:
      settings.joinToken === undefined
        ? { mode: 'open' }
        : { mode: 'token', tokenHash: sha256Hex(settings.joinToken) },
  })
}
