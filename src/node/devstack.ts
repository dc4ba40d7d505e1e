import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Settings } from '../config/index.ts'
import type { Log } from '../ports/index.ts'
import { assetPlaces } from './models.ts'
import { startNode, type RunningNode } from './start-node.ts'

export interface DevstackInit {
  /** Of the person who starts it: labels, allow-list and limits go to every compute node, the rest is the stack’s own. */
  readonly settings: Settings
  /** How many compute nodes. */
  readonly computes: number
  /** A folder of its own, which gets one folder a node. */
  readonly place: string
  readonly log: Log
}

export interface Devstack {
  readonly requester: RunningNode
  readonly computes: readonly RunningNode[]
  /** Stops every node, the requester last. */
  stop(): Promise<void>
}

/**
 * A requester and compute nodes in this process, on free ports of loopback, to try things out. Throws what `startNode`
 * throws; nothing is left running then.
 */
export async function startDevstack(init: DevstackInit): Promise<Devstack> {
  const { computes: count } = init
  const running: RunningNode[] = []
  const stop = async (): Promise<void> => {
    for (const node of running.splice(0).reverse()) await node.stop()
  }
  const start = async (name: string, own: Partial<Settings>): Promise<RunningNode> => {
    const node = await startOne(init, name, own)
    running.push(node)
    return node
  }
  try {
    const requester = await start('requester', {
      nodeType: ['requester'],
      allowListedLocalPaths: [],
      peer: [],
    })
    const computes: RunningNode[] = []
    for (let n = 1; n <= count; n++) {
      const labels = { ...init.settings.labels, devstack: String(n) }
      const peer = requester.agent.multiaddrs.slice(0, 1)
      computes.push(await start(`compute-${String(n)}`, { nodeType: ['compute'], labels, peer }))
    }
    return { requester, computes, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startOne(
  { settings, place, log }: DevstackInit,
  name: string,
  own: Partial<Settings>,
): Promise<RunningNode> {
  const dataDir = join(place, name)
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  return startNode({
    settings: {
      ...settings,
      ...own,
      dataDir,
      name,
      host: '127.0.0.1',
      port: 0,
      swarmHost: '127.0.0.1',
      swarmPort: 0,
      // What was fetched on this machine before need not be fetched for each node.
      assetsMirror: [...settings.assetsMirror, assetPlaces(settings).cacheDir],
    },
    portsAreDefaults: { api: true, swarm: true },
    log: log.child({ nodeName: name }),
  })
}

/** Removes what the nodes kept. */
export async function removeDevstack(place: string): Promise<void> {
  await rm(place, { recursive: true, force: true })
}
