import { describe, expect, it, onTestFinished } from 'vitest'
import type { ExecutionId, NodeId } from '../../src/domain/index.ts'
import { createMemoryHub } from '../../src/network/index.ts'
import type { MemoryHub, MemoryHubInit } from '../../src/network/index.ts'
import type { Network, PeerEvent } from '../../src/ports/index.ts'
import { eventually } from '../support/eventually.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { describeNetwork } from './network.ts'

const otherId = '12D3KooWGatoPizG8U9cj1kT5mqMK9o8hRWd5nPzBqcEPJxUyB17'

describeNetwork('createMemoryHub', () => {
  const hub = createMemoryHub()
  const ids = new Map<string, NodeId>()
  return Promise.resolve({
    start: async (name, { clock: own } = {}) => {
      const network = hub.network(ids.get(name), own === undefined ? {} : { clock: own })
      ids.set(name, network.self)
      await network.start()
      onTestFinished(() => network.stop())
      return network
    },
    badAddresses: ['nonsense', '/memory/', '/memory/short', '/ip4/127.0.0.1/tcp/1'],
    deadAddress: `/memory/${otherId}`,
  })
})

describe('a memory hub', () => {
  const cancel = {
    executionId: 'e-00000000-0000-4000-8000-000000000000' as ExecutionId,
    token: 1,
    reason: { code: 'cancelled_by_user', message: 'enough' },
  } as const

  async function pair(
    init?: MemoryHubInit,
  ): Promise<{ hub: MemoryHub; a: Network; b: Network; calls: () => number }> {
    const hub = createMemoryHub(init)
    const [a, b] = [hub.network(), hub.network()]
    let calls = 0
    b.handle({
      cancel: () => {
        calls++
        return Promise.resolve({})
      },
    })
    for (const network of [a, b]) {
      await network.start()
      onTestFinished(() => network.stop())
    }
    await a.keepLink(b.multiaddrs()[0]!).peer
    return { hub, a, b, calls: () => calls }
  }

  it('breaks the connection when it cuts, and links connect again when it heals', async () => {
    const { hub, a, b } = await pair()
    const events: PeerEvent[] = []
    b.onPeer((event) => events.push(event))
    hub.cut(a.self, b.self)
    await expect(a.call(b.self, 'cancel', cancel)).rejects.toMatchObject({ code: 'peer_unreachable' })
    expect(a.isConnected(b.self)).toBe(false)
    hub.heal(b.self, a.self)
    expect(await a.call(b.self, 'cancel', cancel)).toEqual({})
    expect(events).toEqual([
      { peer: a.self, connected: false },
      { peer: a.self, connected: true },
    ])
  })

  it('lets calls time out behind a silent cut, and delivers what it held back when it heals', async () => {
    const clock = new ManualClock()
    const { hub, a, b, calls } = await pair({ clock })
    hub.cut(a.self, b.self, { isSilent: true })
    let outcome: unknown
    void a.call(b.self, 'cancel', cancel).catch((error: unknown) => {
      outcome = error
    })
    await clock.advance(10_000)
    expect(outcome).toMatchObject({ code: 'rpc_timeout' })
    expect(a.isConnected(b.self)).toBe(true)
    expect(calls()).toBe(0)
    const late = a.call(b.self, 'cancel', cancel)
    hub.heal(a.self, b.self)
    expect(await late).toEqual({})
    await eventually(() => calls() >= 1)
  })

  it('gives a node its next life under the same id, and breaks the former', async () => {
    const { hub, a, b } = await pair()
    const next = hub.network(b.self)
    onTestFinished(() => next.stop())
    next.handle({ cancel: () => Promise.reject(new Error('the next life')) })
    await next.start()
    expect(b.isConnected(a.self)).toBe(false)
    await expect(a.call(b.self, 'cancel', cancel)).rejects.toThrow('the next life')
  })
})
