import { describe, expect, it } from 'vitest'
import type { PeerEvent } from '../../src/ports/index.ts'
import { eventually } from '../support/eventually.ts'
import { cancel, linkedPair } from './network-bench.ts'
import type { NetworkBench } from './network-bench.ts'

/** Links: who is connected, and again after a loss. */
export function describeLinks(make: () => Promise<NetworkBench>): void {
  describe('a kept link', () => {
    it('connects again after the other node restarts, and both ends hear of every change once', async () => {
      const bench = await make()
      const { hub, node } = await linkedPair(bench)
      const events: PeerEvent[] = []
      node.onPeer((event) => events.push(event))
      await hub.stop()
      await eventually(() => !node.isConnected(hub.self))
      await expect(node.call(hub.self, 'cancel', cancel)).rejects.toMatchObject({
        code: 'peer_unreachable',
      })
      const next = await bench.start('hub')
      const heard: PeerEvent[] = []
      next.onPeer((event) => heard.push(event))
      next.handle({ cancel: () => Promise.resolve({}) })
      expect(next.self).toBe(hub.self)
      await eventually(() => node.isConnected(hub.self) && next.isConnected(node.self))
      expect(await node.call(hub.self, 'cancel', cancel)).toEqual({})
      expect(events).toEqual([
        { peer: hub.self, connected: false },
        { peer: hub.self, connected: true },
      ])
      expect(heard.length).toBeLessThanOrEqual(1)
    })

    it('connects when the other node starts only later', async () => {
      const bench = await make()
      const hub = await bench.start('hub')
      const [address] = hub.multiaddrs()
      await hub.stop()
      const node = await bench.start('node')
      const link = node.keepLink(address!)
      const next = await bench.start('hub')
      expect(await link.peer).toBe(next.self)
    })

    it('disconnects when it is closed, and stays so', async () => {
      const bench = await make()
      const hub = await bench.start('hub')
      const node = await bench.start('node')
      const link = node.keepLink(hub.multiaddrs()[0]!)
      await link.peer
      await link.close()
      await link.close()
      await eventually(() => !node.isConnected(hub.self) && !hub.isConnected(node.self))
      const never = node.keepLink(bench.deadAddress)
      await never.close()
      await expect(never.peer).rejects.toMatchObject({ code: 'peer_unreachable' })
    })

    it('is refused with config_invalid for what is no address of another node', async () => {
      const bench = await make()
      const node = await bench.start('node')
      for (const address of [...bench.badAddresses, ...node.multiaddrs(), ''])
        expect(() => node.keepLink(address), address).toThrow(
          expect.objectContaining({ code: 'config_invalid' }),
        )
    })

    it('counts a peer linked from both sides once, until the last connection is gone', async () => {
      const bench = await make()
      const { hub, node } = await linkedPair(bench)
      const events: PeerEvent[] = []
      hub.onPeer((event) => events.push(event))
      const back = hub.keepLink(node.multiaddrs()[0]!)
      await back.peer
      await back.close()
      hub.handle({ cancel: () => Promise.resolve({}) })
      expect(await node.call(hub.self, 'cancel', cancel)).toEqual({})
      expect(events).toEqual([])
      expect(hub.isConnected(node.self)).toBe(true)
    })
  })
}
