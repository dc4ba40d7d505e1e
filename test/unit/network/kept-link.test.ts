import fc from 'fast-check'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import type { NodeId } from '../../../src/domain/index.ts'
import { KeptLink, retryFirstMs, retryMaxMs, stableMs } from '../../../src/network/libp2p/kept-link.ts'
import { PinnedPeers } from '../../../src/network/libp2p/pinned-peers.ts'
import { PeerSet } from '../../../src/network/rpc/index.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { tempDir } from '../../support/temp-dir.ts'

const peer = '12D3KooWGatoPizG8U9cj1kT5mqMK9o8hRWd5nPzBqcEPJxUyB17' as NodeId

/** A link to a known peer whose dials happen when and as the test says. */
async function link(random: () => number, dial: (atMs: number) => boolean) {
  const clock = new ManualClock()
  const log = new QuietLog()
  const peers = new PeerSet(log)
  const dialsMs: number[] = []
  const kept = new KeptLink({
    ...{ clock, log, peers, random },
    target: { address: multiaddr('/ip4/192.0.2.1/tcp/1235'), peer },
    pins: await PinnedPeers.load(await tempDir()),
    dial: () => {
      dialsMs.push(clock.monotonicMs())
      if (!dial(clock.monotonicMs())) return Promise.reject(new Error('nobody there'))
      peers.opened(peer)
      return Promise.resolve({ peer, close: () => Promise.resolve() })
    },
  })
  kept.start()
  await clock.advance(0)
  return { clock, kept, peers, dialsMs }
}

describe('a kept link', () => {
  it('waits a random part of a doubling time between dials, of a minute at most', async () => {
    const { clock, kept, dialsMs } = await link(
      () => 0.999_999,
      () => false,
    )
    for (let step = 0; step < 600; step++) await clock.advance(500)
    const waits = dialsMs.slice(1).map((atMs, index) => atMs - dialsMs[index]!)
    waits.forEach((waitMs, index) => {
      expect(waitMs).toBeCloseTo(Math.min(retryMaxMs, retryFirstMs * 2 ** index), 0)
    })
    expect(waits.length).toBeGreaterThan(8)
    await kept.close()
    await expect(kept.peer).rejects.toMatchObject({ code: 'peer_unreachable' })
  })

  it('dials again almost at once when a good connection is lost, whatever came before', async () => {
    const { clock, kept, peers, dialsMs } = await link(
      () => 0.5,
      (atMs) => atMs > 30_000,
    )
    for (let step = 0; step < 200; step++) await clock.advance(500)
    expect(await kept.peer).toBe(peer)
    const dials = dialsMs.length
    await clock.advance(stableMs)
    const lostMs = clock.monotonicMs()
    peers.closed(peer)
    await clock.advance(retryFirstMs)
    expect(dialsMs).toHaveLength(dials + 1)
    expect(dialsMs.at(-1)! - lostMs).toBeLessThanOrEqual(retryFirstMs)
    await kept.close()
  })

  it('backs off from a connection that is lost again and again', async () => {
    const { clock, kept, peers, dialsMs } = await link(
      () => 0.5,
      () => true,
    )
    for (let step = 0; step < 600; step++) {
      peers.closed(peer)
      await clock.advance(1000)
    }
    expect(dialsMs.length).toBeLessThan(40)
    await kept.close()
  })

  it('never waits longer than a minute, for any randomness', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 0.999, noNaN: true }), async (random) => {
        const { clock, kept, dialsMs } = await link(
          () => Math.max(random, 0.01),
          () => false,
        )
        for (let step = 0; step < 40; step++) await clock.advance(10_000)
        const waits = dialsMs.slice(1).map((atMs, index) => atMs - dialsMs[index]!)
        expect(Math.max(...waits)).toBeLessThanOrEqual(retryMaxMs)
        await kept.close()
      }),
      { numRuns: 5 },
    )
  })

  it('does not dial a peer that is connected already', async () => {
    const { clock, kept, peers, dialsMs } = await link(
      () => 0.5,
      () => false,
    )
    peers.opened(peer)
    await clock.advance(retryMaxMs)
    expect(await kept.peer).toBe(peer)
    expect(dialsMs).toHaveLength(1)
    await kept.close()
  })
})
