import { describe, expect, it } from 'vitest'
import { EdgeError } from '../../src/domain/index.ts'
import type { RequestOf } from '../../src/domain/index.ts'
import { eventually } from '../support/eventually.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { cancel, cids, executionId, follow, join, line, linkedPair, untilAborted } from './network-bench.ts'
import type { NetworkBench } from './network-bench.ts'

/** Unary calls: answers, errors, limits, deadlines. */
export function describeCalls(make: () => Promise<NetworkBench>): void {
  describe('a call', () => {
    it('reaches the handler with the request and the caller’s id, in both directions of one link', async () => {
      const { hub, node } = await linkedPair(await make())
      const seen: unknown[] = []
      for (const network of [hub, node])
        network.handle({
          cancel: (request, { peer }) => {
            seen.push({ request, peer })
            return Promise.resolve({})
          },
        })
      expect(await node.call(hub.self, 'cancel', cancel)).toEqual({})
      expect(await hub.call(node.self, 'cancel', cancel)).toEqual({})
      expect(seen).toEqual([
        { request: cancel, peer: node.self },
        { request: cancel, peer: hub.self },
      ])
    })

    it('brings the handler’s error to the caller with code, message, hint and details', async () => {
      const { hub, node } = await linkedPair(await make())
      hub.handle({
        cancel: () =>
          Promise.reject(
            new EdgeError('path_not_allowed', 'no /secret here', {
              hint: 'ask Ann',
              details: { path: '/secret' },
            }),
          ),
        published: () => Promise.reject(new TypeError('a bug')),
      })
      const refused = await node.call(hub.self, 'cancel', cancel).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(EdgeError)
      expect(refused).toMatchObject({
        code: 'path_not_allowed',
        message: 'no /secret here',
        hint: 'ask Ann',
        details: { path: '/secret' },
      })
      await expect(
        node.call(hub.self, 'published', { executionId, token: 1, cid: 'cid-1000' }),
      ).rejects.toMatchObject({ code: 'internal', message: 'a bug' })
    })

    it('answers an error whose details have no form on the wire without them', async () => {
      const { hub, node } = await linkedPair(await make())
      hub.handle({
        cancel: () =>
          Promise.reject(
            new EdgeError('job_over', 'too late', { details: { of: Symbol('no form'), big: 1 } }),
          ),
      })
      await expect(node.call(hub.self, 'cancel', cancel)).rejects.toMatchObject({
        code: 'job_over',
        details: undefined,
      })
    })

    it('succeeds 200 times at once', async () => {
      const { hub, node } = await linkedPair(await make())
      let calls = 0
      hub.handle({
        report: async ({ reports }) => {
          calls++
          await new Promise((resolve) => setImmediate(resolve))
          return { ackedSeq: reports[0]!.seq }
        },
      })
      const report = (seq: number): RequestOf<'report'> => ({
        dataEpoch: 'epoch',
        reports: [
          {
            seq,
            executionId,
            jobId: '00000000-0000-4000-8000-000000000000' as never,
            token: 1,
            state: 'Running',
            atMs: 0,
          },
        ],
      })
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, index) => node.call(hub.self, 'report', report(index + 1))),
      )
      expect(answers.map(({ ackedSeq }) => ackedSeq)).toEqual(
        Array.from({ length: 200 }, (_, index) => index + 1),
      )
      expect(calls).toBe(200)
    })

    it('fails with rpc_protocol for a method that nobody handles there', async () => {
      const { hub, node } = await linkedPair(await make())
      await expect(node.call(hub.self, 'cancel', cancel)).rejects.toMatchObject({ code: 'rpc_protocol' })
      await expect(
        node.stream(hub.self, 'logs', follow)[Symbol.asyncIterator]().next(),
      ).rejects.toMatchObject({
        code: 'rpc_protocol',
      })
    })

    it('fails with rpc_protocol, and reaches no handler, when the request breaks its schema or its size limit', async () => {
      const { hub, node } = await linkedPair(await make())
      let isReached = false
      hub.handle({
        join: () => {
          isReached = true
          return Promise.reject(new Error('reached'))
        },
      })
      const wrong = { ...join, bootId: '' }
      await expect(node.call(hub.self, 'join', wrong)).rejects.toMatchObject({
        code: 'rpc_protocol',
        message: expect.stringContaining('bootId') as string,
      })
      const large = {
        ...join,
        info: { ...join.info, allowedPaths: Array<string>(256).fill('x'.repeat(4096)) },
      }
      await expect(node.call(hub.self, 'join', large)).rejects.toMatchObject({
        code: 'rpc_protocol',
        message: expect.stringContaining('1048576') as string,
      })
      expect(isReached).toBe(false)
    })

    it('fails with rpc_protocol when the answer breaks its schema or its size limit', async () => {
      const { hub, node } = await linkedPair(await make())
      hub.handle({
        report: () => Promise.resolve({ ackedSeq: -1 }),
        // eslint-disable-next-line @typescript-eslint/require-await
        async *blocks() {
          yield { cid: 'cid-1000', bytes: new Uint8Array(3 * 1_048_576) }
        },
      })
      const reports: RequestOf<'report'>['reports'] = [
        {
          seq: 1,
          executionId,
          jobId: '00000000-0000-4000-8000-000000000000' as never,
          token: 1,
          state: 'Running',
          atMs: 0,
        },
      ]
      await expect(node.call(hub.self, 'report', { dataEpoch: 'epoch', reports })).rejects.toMatchObject({
        code: 'rpc_protocol',
      })
      const blocks = node.stream(hub.self, 'blocks', { executionId, cids: cids(1) })
      await expect(blocks[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'rpc_protocol' })
    })

    it('fails with peer_unreachable when there is no connection', async () => {
      const bench = await make()
      const [hub, node] = [await bench.start('hub'), await bench.start('node')]
      await expect(hub.call(node.self, 'cancel', cancel)).rejects.toMatchObject({
        code: 'peer_unreachable',
      })
    })

    it('fails with the reason when the caller aborts, and the handler’s signal is aborted', async () => {
      const { hub, node } = await linkedPair(await make())
      const isAborted: boolean[] = []
      hub.handle({
        cancel: async (_request, { signal }) => {
          caller.abort(new Error('changed my mind'))
          await untilAborted(signal)
          isAborted.push(signal.aborted)
          return {}
        },
      })
      const caller = new AbortController()
      await expect(node.call(hub.self, 'cancel', cancel, { signal: caller.signal })).rejects.toThrow(
        'changed my mind',
      )
      await eventually(() => isAborted.length === 1)
      await expect(node.call(hub.self, 'cancel', cancel, { signal: caller.signal })).rejects.toThrow(
        'changed my mind',
      )
      expect(isAborted).toEqual([true])
    })

    it('fails with rpc_timeout after the method’s deadline', async () => {
      const clock = new ManualClock()
      const { hub, node } = await linkedPair(await make(), { hub: clock })
      let isAborted = false
      node.handle({
        cancel: async (_request, { signal }) => {
          await untilAborted(signal)
          isAborted = true
          return {}
        },
      })
      let outcome: unknown
      const calling = hub.call(node.self, 'cancel', cancel).catch((error: unknown) => {
        outcome = error
      })
      await clock.advance(9_999)
      expect(outcome).toBeUndefined()
      await eventually(async () => {
        await clock.advance(1)
        return outcome
      })
      await calling
      expect(outcome).toMatchObject({ code: 'rpc_timeout' })
      await eventually(() => isAborted)
    })

    it('fails with rpc_failed when the other node stops meanwhile', async () => {
      const { hub, node } = await linkedPair(await make())
      let isReached = false
      hub.handle({
        cancel: async (_request, { signal }) => {
          isReached = true
          await untilAborted(signal)
          return {}
        },
      })
      const calling = node.call(hub.self, 'cancel', cancel).catch((error: unknown) => error)
      await eventually(() => isReached)
      await hub.stop()
      expect(await calling).toMatchObject({ code: 'rpc_failed' })
    })
  })

  describe('the gate', () => {
    it('lets peers that are not approved call nothing but join, and is asked at every call', async () => {
      const { hub, node } = await linkedPair(await make())
      let isApproved = false
      const asked: string[] = []
      hub.setGate((peer) => {
        asked.push(peer)
        return isApproved
      })
      hub.handle({
        join: () => Promise.resolve({ approval: 'pending', ackedReportSeq: 0, heartbeatIntervalMs: 5000 }),
        cancel: () => Promise.resolve({}),
        // eslint-disable-next-line @typescript-eslint/require-await
        async *logs() {
          yield line('secret')
        },
      })
      expect(await node.call(hub.self, 'join', join)).toMatchObject({ approval: 'pending' })
      await expect(node.call(hub.self, 'cancel', cancel)).rejects.toMatchObject({ code: 'not_approved' })
      const logs = node.stream(hub.self, 'logs', follow)[Symbol.asyncIterator]()
      await expect(logs.next()).rejects.toMatchObject({ code: 'not_approved' })
      isApproved = true
      expect(await node.call(hub.self, 'cancel', cancel)).toEqual({})
      expect(new Set(asked)).toEqual(new Set([node.self]))
    })
  })

  describe('a node that calls itself', () => {
    it('gets a copy of its own answer without a link and past its gate', async () => {
      const hub = await (await make()).start('hub')
      const bytes = new Uint8Array([1, 2, 3])
      hub.setGate(() => false)
      hub.handle({
        cancel: (_request, { peer }) =>
          peer === hub.self ? Promise.resolve({}) : Promise.reject(new Error('a stranger')),
        // eslint-disable-next-line @typescript-eslint/require-await
        async *blocks() {
          yield { cid: 'cid-1000', bytes }
        },
      })
      expect(await hub.call(hub.self, 'cancel', cancel)).toEqual({})
      for await (const block of hub.stream(hub.self, 'blocks', { executionId, cids: cids(1) })) {
        expect(block.bytes).toEqual(bytes)
        expect(block.bytes).not.toBe(bytes)
      }
      await expect(hub.call(hub.self, 'cancel', { ...cancel, token: 0 })).rejects.toMatchObject({
        code: 'rpc_protocol',
      })
    })
  })
}
