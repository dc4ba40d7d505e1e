import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type EdgeClient } from '../src/client/index.ts'
import { StartedProcess } from '../scripts/started-process.ts'

export interface TwoNodes {
  readonly client: EdgeClient
  /** Folder of both, gone after `stop`. */
  readonly place: string
  readonly computePid: number
  stop(): Promise<void>
}

const edge = join(import.meta.dirname, '..', 'bin', 'edge')

/** One requester, one compute node, as real processes with SQLite on disk. */
export async function startTwoNodes(computeFlags: readonly string[] = []): Promise<TwoNodes> {
  const place = await mkdtemp(join(tmpdir(), 'edge-bench-'))
  const started: StartedProcess[] = []
  const never = new AbortController().signal
  const start = async (name: string, flags: readonly string[], ready: RegExp): Promise<StartedProcess> => {
    const args = [
      ...['serve', `--name=${name}`, `--data-dir=${join(place, name)}`],
      ...['--log-level=warn', '--port=0', '--swarm-port=0', ...flags],
    ]
    const node = new StartedProcess(name, edge, args, {
      logFile: join(place, `${name}.log`),
      detached: false,
    })
    started.push(node)
    await node.untilPrinted(ready, never)
    return node
  }
  const stop = async (): Promise<void> => {
    for (const node of started.reverse()) await node.stop()
    await rm(place, { recursive: true, force: true })
  }
  try {
    const requester = await start(
      'requester',
      ['--node-type=requester'],
      /^export EDGE_NODE_LIBP2P_PEERCONNECT=/m,
    )
    const peer = `--peer=${requester.exported('EDGE_NODE_LIBP2P_PEERCONNECT')}`
    const compute = await start('compute', ['--node-type=compute', peer, ...computeFlags], /is up: id/)
    const client = createClient({
      host: '127.0.0.1',
      port: Number(requester.exported('EDGE_NODE_CLIENTAPI_PORT')),
    })
    while ((await client.nodes()).every(({ connectivity }) => connectivity !== 'connected'))
      await new Promise((resolve) => setTimeout(resolve, 50))
    return { client, place, computePid: compute.pid, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

export function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN
}
