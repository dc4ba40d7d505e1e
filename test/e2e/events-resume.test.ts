import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createClient, type EdgeClient } from '../../src/client/index.ts'
import { Cluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'

/** A wire to the API that breaks each connection once so many bytes of answers went over it, in mid-event mostly. */
class BreakingWire {
  breaks = 0
  readonly #bytes: () => number
  #url = ''

  private constructor(bytes: () => number) {
    this.#bytes = bytes
  }

  static async to(target: string, bytes: () => number): Promise<BreakingWire> {
    const wire = new BreakingWire(bytes)
    const { hostname, port } = new URL(target)
    const server = createServer((near) => {
      const far = connect(Number(port), hostname)
      const close = (): void => {
        near.destroy()
        far.destroy()
      }
      let left = wire.#bytes()
      far.on('data', (chunk: Buffer) => {
        near.write(chunk.subarray(0, left), () => {
          if (left > 0) return
          wire.breaks++
          close()
        })
        left -= chunk.length
      })
      near.on('data', (chunk: Buffer) => far.write(chunk))
      for (const socket of [near, far]) socket.on('error', close).on('close', close)
    })
    server.listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    wire.#url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
    return wire
  }

  get url(): string {
    return this.#url
  }
}

/** As a browser’s EventSource does it: whole events only, each time after the last id; until told to leave. */
async function readAsBrowser(url: string, ids: number[], signal: AbortSignal): Promise<void> {
  const isLeft = (): boolean => signal.aborted
  while (!isLeft()) {
    const last = ids.at(-1)
    try {
      const headers = last === undefined ? {} : { 'last-event-id': String(last) }
      const { body } = await fetch(`${url}/api/v1/events`, { headers, signal })
      let text = ''
      for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
        const events = (text + chunk).split('\n\n')
        text = events.pop() ?? ''
        for (const event of events) {
          const [, id] = /^id: (\d+)$/m.exec(event) ?? []
          if (id !== undefined) ids.push(Number(id))
        }
      }
    } catch (error) {
      if (!isLeft() && !(error instanceof TypeError)) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function readWithClient(client: EdgeClient, seqs: number[], signal: AbortSignal): Promise<void> {
  try {
    for await (const event of client.watch({ signal }))
      if (event.kind === 'history') seqs.push(event.entry.seq)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** All of the history there is, job by job. */
async function wholeHistory(client: EdgeClient): Promise<readonly number[]> {
  const seqs: number[] = []
  for await (const { id } of client.eachJob())
    for await (const { seq } of client.eachHistory(id)) seqs.push(seq)
  return seqs.sort((a, b) => a - b)
}

describe('the stream of news', () => {
  it('is told once and whole over a wire that keeps breaking and a requester that is killed twice', async () => {
    const cluster = await Cluster.create()
    await cluster.startRequester()
    const { client } = cluster
    let bytes = 300
    const wire = await BreakingWire.to(client.url, () => (bytes = 300 + ((bytes * 7) % 1_900)))
    const leave = new AbortController()
    const [byBrowser, byClient]: [number[], number[]] = [[], []]
    const far = createClient({ baseUrl: wire.url, backoff: { minMs: 5, maxMs: 100 } })
    const reading = [
      readAsBrowser(wire.url, byBrowser, leave.signal),
      readWithClient(far, byClient, leave.signal),
    ]
    for (let round = 0; round < 3; round++) {
      for (let count = 0; count < 10; count++) {
        const { job } = await client.submit({ apiVersion: 'edge/v1', type: 'ops', engine: { type: 'noop' } })
        if (count % 2 === 0) await client.stop(job.id)
      }
      if (round === 2) break
      await cluster.kill('requester')
      await cluster.startRequester()
    }
    const whole = await eventually(async () => {
      const history = await wholeHistory(client)
      const isRead = [byBrowser, byClient].every((seqs) => seqs.at(-1) === history.at(-1))
      return isRead ? history : undefined
    })
    leave.abort()
    await Promise.all(reading)
    expect(whole.length).toBeGreaterThanOrEqual(45)
    expect(byBrowser).toEqual(whole)
    expect(byClient).toEqual(whole)
    expect(wire.breaks).toBeGreaterThan(10)
  })
})
