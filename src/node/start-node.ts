import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Settings } from '../config/index.ts'
import { createApi } from '../api/index.ts'
import type { AgentView } from '../domain/index.ts'
import { createLibp2pNetwork } from '../network/index.ts'
import type { Log, Network, Startable } from '../ports/index.ts'
import { lockDataDir } from '../stores/index.ts'
import { systemClock } from '../utils/system-clock.ts'
import { edgeVersion } from '../utils/version.ts'
import { apiAccess, isLoopback } from './api-access.ts'
import { computePart } from './compute-part.ts'
import { choosePort } from './ports-in-use.ts'
import { reachableHost } from './reachable-host.ts'
import { requesterPart } from './requester-part.ts'

export interface RunningNode {
  readonly agent: AgentView
  readonly api: { readonly host: string; readonly port: number; readonly newToken: string | undefined }
  /** Drains: no new work, running work stops at its last checkpoint, everything is closed. */
  stop(): Promise<void>
}

export interface StartNodeOptions {
  readonly settings: Settings
  /** Ports that the owner did not ask for by number: a compute node alone then takes free ones instead of failing. */
  readonly portsAreDefaults: { readonly api: boolean; readonly swarm: boolean }
  readonly log: Log
}

/**
 * Starts a node as the settings say. Order: lock of the data directory, network, daemons, API; stopped in reverse.
 * Throws `data_dir_locked`, `data_dir_unusable`, `port_in_use`, `store_corrupt`, `config_invalid`; nothing is left
 * running then.
 */
export async function startNode({ settings, portsAreDefaults, log }: StartNodeOptions): Promise<RunningNode> {
  const started: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const undo of started.splice(0).reverse()) await undo()
  }
  const run = async <Part extends Startable>(part: Part): Promise<Part> => {
    started.push(() => part.stop())
    await part.start()
    return part
  }
  try {
    const lock = await lockDataDir(settings.dataDir)
    started.push(() => {
      lock.release()
      return Promise.resolve()
    })
    return await assemble({ settings, portsAreDefaults, log }, run, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

type Run = <Part extends Startable>(part: Part) => Promise<Part>

async function assemble(
  { settings, portsAreDefaults, log }: StartNodeOptions,
  run: Run,
  stop: () => Promise<void>,
): Promise<RunningNode> {
  const isRequester = settings.nodeType.includes('requester')
  const isCompute = settings.nodeType.includes('compute')
  const name = settings.name ?? hostname()
  const mayMove = !isRequester
  const swarmPort = await choosePort(
    settings.swarmHost,
    settings.swarmPort,
    mayMove && portsAreDefaults.swarm,
  )
  const network: Network = await createLibp2pNetwork({
    dataDir: settings.dataDir,
    listen: [
      `/${settings.swarmHost.includes(':') ? 'ip6' : 'ip4'}/${settings.swarmHost}/tcp/${String(swarmPort)}`,
    ],
    clock: systemClock,
    log: log.child({ component: 'network' }),
  })
  const context = { settings, network, name, log, newId: randomUUID, run }
  const requester = isRequester ? await requesterPart(context) : undefined
  const compute = isCompute ? await computePart(context, { withRequester: isRequester }) : undefined
  await run(network)
  if (requester !== undefined) await run(requester)
  if (compute !== undefined) await run(compute)

  const startedAtMs = Date.now()
  const agent = (): AgentView => ({
    id: network.self,
    name,
    version: edgeVersion,
    types: [...settings.nodeType],
    multiaddrs: [...network.multiaddrs()],
    startedAtMs,
  })
  const { access, newToken } = await apiAccess(settings.dataDir, settings.host)
  const api = await run(
    createApi({
      orchestrator: requester?.orchestrator,
      agent,
      log: log.child({ component: 'api' }),
      host: settings.host,
      port: await choosePort(settings.host, settings.port, mayMove && portsAreDefaults.api),
      auth: access,
      allowedHosts: settings.allowedHosts,
    }),
  )
  const url = new URL(api.url)
  const apiHost = isLoopback(settings.host) ? url.hostname : reachableHost(settings.host)
  log.info({ node: network.self, nodeName: name, api: api.url }, 'node is up')
  return { agent: agent(), api: { host: apiHost, port: Number(url.port), newToken }, stop }
}
