import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { JobSpec } from '../../../src/domain/index.ts'
import type { JobEvent } from '../../../src/domain/index.ts'
import { eventually } from '../../support/eventually.ts'
import { testApi } from '../../support/test-api.ts'

const spec = JobSpec.parse({ apiVersion: 'edge/v1', engine: { type: 'noop' } })

/** Opens a stream that nobody reads until `resume` is called. */
async function open(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = get(url, (response) => {
      response.on('error', () => undefined)
      resolve(response)
    })
    request.on('error', reject)
    onTestFinished(() => void request.destroy())
  })
}

describe('a stream of events', () => {
  it('answers before there is news, and keeps the connection alive', async () => {
    const { api, orchestrator } = testApi({ streams: { heartbeatMs: 10 } })
    await api.start()
    const { job } = await orchestrator.submit(spec)
    const response = await open(`${api.url}/api/v1/jobs/${job.id}/events`)
    let body = ''
    response.on('data', (chunk: Buffer) => (body += chunk.toString()))
    await eventually(() => body.split(': alive\n\n').length > 4)
    orchestrator.moveJob(job.id, 'Stopped')
    await eventually(() => response.complete)
    expect(body.endsWith('event: end\ndata: {}\n\n')).toBe(true)
  })

  it('lets go of the orchestrator when the reader leaves', async () => {
    const { api, orchestrator } = testApi()
    await api.start()
    const response = await open(`${api.url}/api/v1/events`)
    await eventually(() => orchestrator.watchers === 1)
    response.destroy()
    await eventually(() => orchestrator.watchers === 0)
  })

  it('ends without `end` when the API stops, at once', async () => {
    const { api, orchestrator } = testApi()
    await api.start()
    const { job } = await orchestrator.submit(spec)
    const response = await open(`${api.url}/api/v1/jobs/${job.id}/events`)
    let body = ''
    response.on('data', (chunk: Buffer) => (body += chunk.toString()))
    await eventually(() => body.includes('"Pending"'))
    await api.stop()
    await eventually(() => response.complete)
    expect(body).not.toContain('event: end')
    expect(orchestrator.watchers).toBe(0)
  })

  it('is read no faster than its reader reads, and a reader that stalls is dropped', async () => {
    const { api, orchestrator, log } = testApi({ streams: { stallMs: 300 } })
    await api.start()
    const { job } = await orchestrator.submit(spec)
    let given = 0
    let isReleased = false
    const event: JobEvent = {
      kind: 'connectivity',
      nodeId: (await orchestrator.nodes())[0]!.id,
      nodeName: 'x'.repeat(10_000),
      connectivity: 'connected',
    }
    orchestrator.watch = async function* () {
      try {
        for (;;) {
          await Promise.resolve()
          given++
          yield event
        }
      } finally {
        isReleased = true
      }
    }
    const response = await open(`${api.url}/api/v1/jobs/${job.id}/events`)
    await eventually(() => isReleased)
    // What the kernel holds for both ends of the connection is all that was taken.
    expect(given).toBeLessThan(2_000)
    expect(log.lines.some(({ message }) => message.includes('reads too slowly'))).toBe(true)
    response.resume()
    await eventually(() => response.destroyed)
    expect(response.complete).toBe(false)
  })
})
