import { describe, expect, it } from 'vitest'
import { EdgeError } from '../../src/domain/index.ts'
import { eventually } from '../support/eventually.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { cancel, cids, executionId, follow, line, linkedPair, untilAborted } from './network-bench.ts'
import type { NetworkBench } from './network-bench.ts'

/** Streams: order, bytes, backpressure, ends of all kinds. */
export function describeStreams(make: () => Promise<NetworkBench>): void {
  describe('a stream', () => {
    it('brings every value in order and then ends', async () => {
      const { hub, node } = await linkedPair(await make())
      hub.handle({
        // eslint-disable-next-line @typescript-eslint/require-await
        async *logs() {
          for (let index = 0; index < 500; index++) yield line(`line ${index}`)
        },
      })
      const texts: string[] = []
      for await (const { text } of node.stream(hub.self, 'logs', follow)) texts.push(text)
      expect(texts).toEqual(Array.from({ length: 500 }, (_, index) => `line ${index}`))
    })

    it('carries 8 MiB of blocks byte for byte', async () => {
      const { hub, node } = await linkedPair(await make())
      const bytesOf = (cid: string): Uint8Array => new Uint8Array(1_048_576).fill(Number(cid.slice(4)) % 251)
      hub.handle({
        // eslint-disable-next-line @typescript-eslint/require-await
        async *blocks({ cids: asked }) {
          for (const cid of asked) yield { cid, bytes: bytesOf(cid) }
        },
      })
      const got: string[] = []
      for await (const { cid, bytes } of node.stream(hub.self, 'blocks', { executionId, cids: cids(8) })) {
        expect(bytes).toBeInstanceOf(Uint8Array)
        expect(Buffer.compare(bytes, bytesOf(cid))).toBe(0)
        got.push(cid)
      }
      expect(got).toEqual(cids(8))
    })

    it('brings the handler’s error after the values before it, even to a slow reader', async () => {
      const { hub, node } = await linkedPair(await make())
      hub.handle({
        // eslint-disable-next-line @typescript-eslint/require-await
        async *logs() {
          for (let index = 0; index < 20; index++) yield line('x'.repeat(60_000))
          throw new EdgeError('execution_not_found', 'it is gone')
        },
      })
      let count = 0
      const reading = (async () => {
        for await (const _line of node.stream(hub.self, 'logs', follow)) {
          count++
          await new Promise((resolve) => setImmediate(resolve))
        }
      })()
      await expect(reading).rejects.toMatchObject({ code: 'execution_not_found', message: 'it is gone' })
      expect(count).toBe(20)
    })

    it('slows the sender to the reader’s pace, with little in between, and loses nothing', async () => {
      const { hub, node } = await linkedPair(await make())
      const [total, lineBytes] = [400, 50_000]
      let sent = 0
      hub.handle({
        cancel: () => Promise.resolve({}),
        // eslint-disable-next-line @typescript-eslint/require-await
        async *logs() {
          while (sent < total) yield line(String(sent++).padEnd(lineBytes))
        },
      })
      let read = 0
      let mostUnreadBytes = 0
      for await (const { text } of node.stream(hub.self, 'logs', follow)) {
        expect(text.trim()).toBe(String(read++))
        // Now and then the reader is so slow that the sender could send everything: other calls pass meanwhile.
        if (read % 50 === 1)
          for (let calls = 0; calls < 20; calls++) await node.call(hub.self, 'cancel', cancel)
        else await new Promise((resolve) => setImmediate(resolve))
        mostUnreadBytes = Math.max(mostUnreadBytes, (sent - read) * lineBytes)
      }
      expect(read).toBe(total)
      expect(mostUnreadBytes).toBeGreaterThan(0)
      expect(mostUnreadBytes).toBeLessThan(1_048_576)
    })

    it('ends at both ends when the reader leaves, wherever the handler is', async () => {
      const { hub, node } = await linkedPair(await make())
      const left: string[] = []
      hub.handle({
        async *logs({ tail }, { signal }) {
          try {
            yield line('first')
            if (tail === 0) await untilAborted(signal)
            for (;;) yield line('x'.repeat(60_000))
          } finally {
            left.push(`${tail === 0 ? 'waiting' : 'sending'} ${String(signal.aborted)}`)
          }
        },
      })
      for (const tail of [0, 1])
        for await (const { text } of node.stream(hub.self, 'logs', { ...follow, tail })) {
          expect(text).toBe('first')
          break
        }
      await eventually(() => left.length === 2)
      expect(left.sort()).toEqual(['sending true', 'waiting true'])
    })

    it('fails with the reason when the caller aborts, also while it reads', async () => {
      const { hub, node } = await linkedPair(await make())
      let isLeft = false
      hub.handle({
        async *logs(_request, { signal }) {
          yield line('first')
          await untilAborted(signal)
          isLeft = true
        },
      })
      const caller = new AbortController()
      const reading = (async () => {
        for await (const _line of node.stream(hub.self, 'logs', follow, { signal: caller.signal })) {
          caller.abort(new Error('no more'))
          await eventually(() => isLeft)
        }
      })()
      await expect(reading).rejects.toThrow('no more')
    })

    it('fails with rpc_timeout when the next value is overdue, however slowly the reader read before', async () => {
      const clock = new ManualClock()
      const { hub, node } = await linkedPair(await make(), { hub: clock })
      node.handle({
        async *blocks(_request, { signal }) {
          yield { cid: 'cid-1000', bytes: new Uint8Array(1) }
          await untilAborted(signal)
        },
      })
      const blocks = hub.stream(node.self, 'blocks', { executionId, cids: cids(2) })[Symbol.asyncIterator]()
      expect((await blocks.next()).done).toBe(false)
      await clock.advance(60_000)
      let outcome: unknown
      const reading = blocks.next().catch((error: unknown) => {
        outcome = error
      })
      await clock.advance(29_999)
      expect(outcome).toBeUndefined()
      await eventually(async () => {
        await clock.advance(1)
        return outcome
      })
      await reading
      expect(outcome).toMatchObject({ code: 'rpc_timeout' })
    })
  })
}
