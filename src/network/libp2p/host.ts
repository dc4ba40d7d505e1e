import { noise } from '@chainsafe/libp2p-noise'
import { identify } from '@libp2p/identify'
import type { ConnectionGater } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { Libp2p } from 'libp2p'
import { createServer } from 'node:net'
import { EdgeError } from '../../domain/index.ts'
import { hostAndPort } from './addresses.ts'
import { errnoOf } from '../../utils/errno.ts'
import type { Identity } from './identity.ts'
import * as limit from './limits.ts'
import type { Libp2pLimits } from './limits.ts'

export interface HostInit {
  readonly identity: Identity
  readonly listen: readonly Multiaddr[]
  readonly announce: readonly Multiaddr[]
  readonly limits: Libp2pLimits
  readonly gater: ConnectionGater
}

/** A libp2p node, not started, with every limit set. It discovers nobody and dials nobody by itself. */
export function createHost({ identity, listen, announce, limits, gater }: HostInit): Promise<Libp2p> {
  return createLibp2p({
    start: false,
    privateKey: identity.privateKey,
    nodeInfo: { name: 'edge', userAgent: 'edge' },
    addresses: { listen: listen.map(String), announce: announce.map(String) },
    transports: [
      tcp({
        maxConnections: limits.maxConnections + limits.maxPendingConnections,
        backlog: 511,
        dialOpts: { noDelay: true, keepAlive: true },
        listenOpts: { noDelay: true, keepAlive: true },
      }),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux(yamuxLimits(limits))],
    connectionGater: gater,
    connectionManager: connectionLimits(limits),
    connectionMonitor: {
      enabled: true,
      pingInterval: limit.pingIntervalMs,
      pingTimeout: { minTimeout: limit.pingTimeoutMs, maxTimeout: 2 * limit.pingTimeoutMs },
      abortConnectionOnPingFailure: true,
    },
    services: {
      identify: identify({ maxInboundStreams: 2, maxOutboundStreams: 2 }),
      ping: ping({ maxInboundStreams: limit.maxPingStreams, maxOutboundStreams: limit.maxPingStreams }),
    },
  })
}

function connectionLimits(limits: Libp2pLimits) {
  return {
    maxConnections: limits.maxConnections,
    maxIncomingPendingConnections: limits.maxPendingConnections,
    inboundConnectionThreshold: limits.maxConnectionsPerSecond,
    maxParallelDials: 16,
    maxDialQueueLength: 64,
    maxPeerAddrsToDial: 1,
    dialTimeout: limit.dialDeadlineMs,
    addressDialTimeout: limit.dialDeadlineMs,
    inboundUpgradeTimeout: limit.upgradeDeadlineMs,
    inboundStreamProtocolNegotiationTimeout: limit.upgradeDeadlineMs,
    outboundStreamProtocolNegotiationTimeout: limit.upgradeDeadlineMs,
    connectionCloseTimeout: limit.closeDeadlineMs,
    reconnectRetries: 0,
  }
}

function yamuxLimits(limits: Libp2pLimits) {
  const streams = limits.maxControlStreams + limits.maxBlocksStreams + limit.spareStreams
  return {
    enableKeepAlive: true,
    keepAliveInterval: 30_000,
    maxInboundStreams: streams,
    maxOutboundStreams: streams,
    maxEarlyStreams: 10,
    streamOptions: {
      initialStreamWindowSize: limit.windowBytes,
      maxStreamWindowSize: limit.windowBytes,
      maxReadBufferLength: limit.maxReadBufferBytes,
      maxWriteBufferLength: limit.maxWriteBufferBytes,
    },
  }
}

/** Starts the host; what keeps it from listening becomes `port_in_use` or `config_invalid`. */
export async function startHost(host: Libp2p, listen: readonly Multiaddr[]): Promise<void> {
  try {
    await host.start()
  } catch (error) {
    for (const address of listen) await explain(address)
    throw new EdgeError('config_invalid', `cannot listen on ${listen.join(', ')}: ${String(error)}`, {
      cause: error,
    })
  }
}

/** libp2p tells the causes as text only, so the system is asked once more. */
async function explain(address: Multiaddr): Promise<void> {
  const { host, port } = hostAndPort(address)
  const error = await tryToListen(host, port)
  if (error === undefined) return
  if (errnoOf(error) === 'EADDRINUSE')
    throw new EdgeError('port_in_use', `another program listens on port ${port} of ${host}`, {
      hint: 'Stop it, or choose another port with --swarm-port.',
      cause: error,
    })
  throw new EdgeError('config_invalid', `cannot listen on ${address.toString()}: ${error.message}`, {
    cause: error,
  })
}

function tryToListen(host: string, port: number): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen({ host, port }, () => {
      server.close(() => {
        resolve(undefined)
      })
    })
  })
}
