import { describe, expect, it } from 'vitest'
import type { PeerEvent } from '../../src/ports/index.ts'
import { eventually } from '../support/eventually.ts'
import { linkedPair } from './network-bench.ts'
import type { NetworkBench } from './network-bench.ts'
import { describeCalls } from './network-calls.ts'
import { describeLinks } from './network-links.ts'
import { describeStreams } from './network-streams.ts'

/** What every adapter of the Network port promises. */
export function describeNetwork(name: string, make: () => Promise<NetworkBench>): void {
  describe(`${name} is a Network`, () => {
    describeCalls(make)
    describeStreams(make)
    describeLinks(make)

    it('starts and stops as often as it is told, and a listener can leave', async () => {
      const bench = await make()
      const { hub, node } = await linkedPair(bench)
      const events: PeerEvent[] = []
      const leave = hub.onPeer((event) => events.push(event))
      leave()
      await hub.start()
      expect(hub.isConnected(node.self)).toBe(true)
      await Promise.all([node.stop(), node.stop()])
      await node.stop()
      await eventually(() => !hub.isConnected(node.self))
      expect(node.isConnected(hub.self)).toBe(false)
      expect(events).toEqual([])
    })

    it('refuses a second handler of the same method', async () => {
      const hub = await (await make()).start('hub')
      hub.handle({ cancel: () => Promise.resolve({}) })
      expect(() => {
        hub.handle({ cancel: () => Promise.resolve({}) })
      }).toThrow('cancel')
    })
  })
}
