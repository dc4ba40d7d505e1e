import type { Connection, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { encode } from 'cborg'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ExecutionId } from '../../../src/domain/index.ts'
import { loadIdentity } from '../../../src/network/index.ts'
import { encodeFrame, FrameReader } from '../../../src/network/libp2p/frames.ts'
import { createHost } from '../../../src/network/libp2p/host.ts'
import { defaultLimits } from '../../../src/network/libp2p/limits.ts'
import { decodeBody } from '../../../src/network/rpc/index.ts'
import type { Network } from '../../../src/ports/index.ts'
import { eventually } from '../../support/eventually.ts'
import { Libp2pBench } from '../../support/libp2p-bench.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { tempDir } from '../../support/temp-dir.ts'

const control = '/edge/control/1.0.0'
const published = {
  executionId: 'e-00000000-0000-4000-8000-000000000000' as ExecutionId,
  token: 1,
  cid: 'cid-1000',
}
const MiB = 1_048_576

/** A peer that speaks libp2p and nothing else properly, connected to the network. */
async function hostileTo(network: Network): Promise<Connection> {
  const host = await createHost({
    identity: await loadIdentity(await tempDir()),
    listen: [],
    announce: [],
    limits: { ...defaultLimits, maxControlStreams: 2000 },
    gater: {},
  })
  onTestFinished(() => host.stop())
  await host.start()
  return await host.dial(multiaddr(network.multiaddrs()[0]))
}

/** Everything that the other end sends until it ends or resets. */
function answersOf(stream: Stream): Promise<{ answers: unknown[]; isReset: boolean }> {
  const reader = new FrameReader(2 * MiB)
  const answers: unknown[] = []
  return new Promise((resolve) => {
    stream.addEventListener('message', ({ data }) => {
      for (const body of reader.push(data.subarray())) answers.push(decodeBody(body, 'an answer'))
    })
    stream.addEventListener('end', () => {
      resolve({ answers, isReset: stream.status === 'reset' || stream.status === 'aborted' })
    })
    stream.addEventListener('close', ({ error }) => {
      resolve({ answers, isReset: error !== undefined })
    })
  })
}

async function send(
  connection: Connection,
  bytes: Uint8Array,
  { protocol = control, isEnded = true } = {},
): Promise<{ answers: unknown[]; isReset: boolean }> {
  const stream = await connection.newStream(protocol)
  const answers = answersOf(stream)
  stream.send(bytes)
  if (isEnded) await stream.close()
  return await answers
}

const frameOf = (value: unknown): Uint8Array => encodeFrame(encode(value))
const header = (length: number): Uint8Array => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, length)
  return bytes
}

const malformed: Readonly<Record<string, Uint8Array>> = {
  'a frame of 4 GiB': header(0xffff_ffff),
  'a frame one byte too long': header(MiB + 1),
  'an empty frame': header(0),
  'a length cut short': new Uint8Array([0, 0]),
  'a frame cut short': encodeFrame(new Uint8Array(100)).subarray(0, 50),
  'no CBOR': encodeFrame(new Uint8Array([0xff, 0xff, 0xff])),
  'CBOR that goes on': encodeFrame(
    new Uint8Array([...encode({ method: 'published', request: published }), 0]),
  ),
  'a nest of a million arrays': encodeFrame(new Uint8Array(MiB).fill(0x81)),
  'an unknown method': frameOf({ method: 'format-disk', request: {} }),
  'a method out of the prototype': frameOf({ method: 'constructor', request: {} }),
  'a method of another protocol': frameOf({
    method: 'blocks',
    request: { executionId: published.executionId, cids: ['cid-1000'] },
  }),
  'a request that breaks its schema': frameOf({
    method: 'published',
    request: { ...published, token: 'one' },
  }),
  'an unknown field in the frame': frameOf({ method: 'published', request: published, then: 'more' }),
  'no map': frameOf([1, 2, 3]),
  'nothing at all': new Uint8Array(0),
}

describe('a libp2p network and a hostile peer', () => {
  async function victim(options: Parameters<Libp2pBench['start']>[1] = {}) {
    const bench = new Libp2pBench()
    const network = await bench.start('victim', options)
    const good = await bench.start('good')
    let calls = 0
    network.handle({
      published: () => {
        calls++
        return Promise.resolve({})
      },
    })
    await good.keepLink(network.multiaddrs()[0]!).peer
    return { network, good, calls: () => calls }
  }

  it('answers rpc_protocol or resets for everything malformed, reaches no handler, and goes on', async () => {
    const { network, good, calls } = await victim()
    const connection = await hostileTo(network)
    for (const [what, bytes] of Object.entries(malformed)) {
      const { answers, isReset } = await send(connection, bytes)
      if (answers.length === 0) expect(isReset, what).toBe(true)
      else
        expect(answers, what).toEqual([
          expect.objectContaining({
            ok: false,
            error: expect.objectContaining({ code: 'rpc_protocol' }) as unknown,
          }),
        ])
    }
    expect(calls()).toBe(0)
    expect(connection.status).toBe('open')
    const { answers } = await send(connection, frameOf({ method: 'published', request: published }))
    expect(answers).toEqual([{ ok: true, value: {} }])
    expect(await good.call(network.self, 'published', published)).toEqual({})
  })

  it('reads no more than one request, however much is sent', async () => {
    const { network, good } = await victim()
    const connection = await hostileTo(network)
    const stream = await connection.newStream(control)
    const over = answersOf(stream)
    stream.send(frameOf({ method: 'published', request: published }))
    const before = process.memoryUsage().arrayBuffers
    for (let sent = 0; sent < 16 && stream.status === 'open'; sent++) {
      stream.send(new Uint8Array(MiB))
      await new Promise((resolve) => setImmediate(resolve))
      if (sent > 12) stream.maxWriteBufferLength = 64 * MiB
    }
    const { isReset } = await over
    expect(isReset || stream.status !== 'open').toBe(true)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(48 * MiB)
    expect(await good.call(network.self, 'published', published)).toEqual({})
  })

  it('breaks off a caller that never finishes its request', async () => {
    const clock = new ManualClock()
    const { network } = await victim({ clock })
    const connection = await hostileTo(network)
    const isOver = send(connection, encodeFrame(new Uint8Array(100)).subarray(0, 50), { isEnded: false })
    let outcome: unknown
    void isOver.then((over) => (outcome = over))
    await eventually(async () => {
      await clock.advance(1000)
      return outcome
    })
    expect(outcome).toEqual({ answers: [], isReset: true })
  })

  it('breaks off a caller that never ends after its answer', async () => {
    const clock = new ManualClock()
    const { network } = await victim({ clock })
    const connection = await hostileTo(network)
    const stream = await connection.newStream(control)
    stream.send(frameOf({ method: 'published', request: published }))
    let isClosed = false
    stream.addEventListener('close', () => {
      isClosed = true
    })
    await answersOf(stream)
    await eventually(async () => {
      await clock.advance(1000)
      return isClosed
    })
  })

  it('lets a peer that is not approved hold few calls open, and answers others meanwhile', async () => {
    const { network, good } = await victim()
    network.setGate((peer) => peer === good.self)
    const connection = await hostileTo(network)
    const opened = await Promise.allSettled(Array.from({ length: 100 }, () => connection.newStream(control)))
    const streams = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    for (const stream of streams) if (stream.status === 'open') stream.send(new Uint8Array([0, 0, 0]))
    await eventually(() => streams.filter(({ status }) => status === 'open').length <= 16)
    expect(await good.call(network.self, 'published', published)).toEqual({})
  })

  it('resets streams above the limit of one connection', async () => {
    const { network, good } = await victim({ limits: { maxControlStreams: 8 } })
    const connection = await hostileTo(network)
    const opened = await Promise.allSettled(Array.from({ length: 60 }, () => connection.newStream(control)))
    const streams = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    await eventually(() => streams.filter(({ status }) => status === 'open').length <= 8)
    expect(await good.call(network.self, 'published', published)).toEqual({})
  })
})

describe('a caller and a hostile answerer', () => {
  const answers: Readonly<Record<string, Uint8Array>> = {
    'no answer': new Uint8Array(0),
    'a frame of 4 GiB': header(0xffff_ffff),
    'no CBOR': encodeFrame(new Uint8Array([0xff])),
    'an answer that breaks its schema': frameOf({ ok: true, value: 7 }),
    'an end instead of a value': frameOf({ end: true }),
    'an error that is none': frameOf({ ok: false, error: 'no' }),
  }

  it('fails with rpc_protocol or rpc_failed for every malformed answer', async () => {
    const network = await new Libp2pBench().start('caller')
    const host = await createHost({
      identity: await loadIdentity(await tempDir()),
      listen: [],
      announce: [],
      limits: defaultLimits,
      gater: {},
    })
    onTestFinished(() => host.stop())
    let answer = new Uint8Array(0)
    await host.handle(control, (stream) => {
      stream.addEventListener('message', () => {
        if (answer.length > 0) stream.send(answer)
        void stream.close()
      })
    })
    await host.start()
    const { remotePeer } = await host.dial(multiaddr(network.multiaddrs()[0]))
    expect(remotePeer.toString()).toBe(network.self)
    const peer = host.peerId.toString() as typeof network.self
    await eventually(() => network.isConnected(peer))
    for (const [what, bytes] of Object.entries(answers)) {
      answer = new Uint8Array(bytes)
      const error: unknown = await network
        .call(peer, 'published', published)
        .catch((thrown: unknown) => thrown)
      expect(['rpc_protocol', 'rpc_failed'], what).toContain((error as { code: string }).code)
    }
  })
})
