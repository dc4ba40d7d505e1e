import { expect } from 'vitest'
import type { ExecutionId, RequestOf } from '../../src/domain/index.ts'
import type { Clock, Network } from '../../src/ports/index.ts'
import { eventually } from '../support/eventually.ts'

/** What a Network adapter brings to its conformance suite; it stops everything when the test is over. */
export interface NetworkBench {
  /** Starts the node of this name. After its stop, the same name again is the same node: same id, same address. */
  start(name: string, options?: { readonly clock?: Clock }): Promise<Network>
  /** Addresses that keepLink must refuse. */
  readonly badAddresses: readonly string[]
  /** An address of this kind where nobody is. */
  readonly deadAddress: string
}

export const executionId = 'e-00000000-0000-4000-8000-000000000000' as ExecutionId
export const cancel: RequestOf<'cancel'> = {
  executionId,
  token: 1,
  reason: { code: 'cancelled_by_user', message: 'enough' },
}
export const follow: RequestOf<'logs'> = { executionId, follow: true }
export const join: RequestOf<'join'> = {
  info: {
    name: 'camera-north',
    version: '1.0.0',
    labels: { site: 'north' },
    engines: [],
    sources: [],
    capacity: { cpu: 4, memoryBytes: 1, diskBytes: 2 ** 40, gpu: 0 },
    free: { cpu: 4, memoryBytes: 1, diskBytes: 2 ** 40, gpu: 0 },
    allowedPaths: [],
    maxConcurrent: 1,
    devices: [],
  },
  bootId: 'boot',
  dataEpoch: 'epoch',
  lastReportSeq: 0,
}
export const cids = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `cid-${1000 + index}`)
export const line = (text: string): { stream: 'stdout'; text: string } => ({ stream: 'stdout', text })

/** Two started nodes; `node` keeps a link to `hub`, and both know that they are connected. */
export async function linkedPair(
  bench: NetworkBench,
  clocks: { readonly hub?: Clock } = {},
): Promise<{ hub: Network; node: Network }> {
  const hub = await bench.start('hub', clocks.hub === undefined ? {} : { clock: clocks.hub })
  const node = await bench.start('node')
  expect(await node.keepLink(hub.multiaddrs()[0]!).peer).toBe(hub.self)
  await eventually(() => hub.isConnected(node.self) && node.isConnected(hub.self))
  return { hub, node }
}

export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => {
      resolve()
    })
  })
