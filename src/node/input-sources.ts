import { join } from 'node:path'
import type { NodeId } from '../domain/index.ts'
import type { InputSource } from '../ports/index.ts'
import { createResultSource, createUrlSource, InputCache } from '../sources/index.ts'
import { systemClock } from '../utils/system-clock.ts'
import type { PartContext } from './part-context.ts'

/** Where a node keeps fetched inputs. */
export function inputsDirectory(dataDir: string): string {
  return join(dataDir, 'inputs')
}

/** The sources that fetch, on one cache below the data directory; none when the owner gave inputs no room. */
export async function fetchedInputs(
  { settings, network, log, run }: PartContext,
  requester: () => Promise<NodeId | undefined>,
): Promise<readonly InputSource[]> {
  const { dataDir, inputCacheBytes, allowUrlHosts } = settings
  if (inputCacheBytes === 0) return []
  const cache = new InputCache({
    directory: inputsDirectory(dataDir),
    quotaBytes: inputCacheBytes,
    clock: systemClock,
    log: log.child({ component: 'inputs' }),
  })
  const sources = [
    createUrlSource({ cache, allowedHosts: allowUrlHosts }),
    createResultSource({ cache, network, requester }),
  ]
  await run(cache)
  return sources
}
