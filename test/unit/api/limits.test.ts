import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { buildApp } from '../../../src/api/build-app.ts'
import { checkJsonLimits } from '../../../src/api/json-limits.ts'
import { JobSpec } from '../../../src/domain/index.ts'
import { FakeOrchestrator } from '../../support/fake-orchestrator.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { testAgent, testApi } from '../../support/test-api.ts'

describe('the limits in time', () => {
  it('bound how long a head, a request and an idle connection may take', async () => {
    const orchestrator = new FakeOrchestrator()
    const streams = { heartbeatMs: 1_000, stallMs: 1_000, stopping: new AbortController().signal }
    const app = buildApp(
      { orchestrator: () => orchestrator, agent: () => testAgent, log: new QuietLog(), streams },
      { auth: { mode: 'open' }, host: '127.0.0.1', allowedHosts: [] },
    )
    onTestFinished(() => app.close())
    await app.ready()
    expect(app.server).toMatchObject({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      timeout: 10_000,
      keepAliveTimeout: 5_000,
    })
  })

  it('end a request that is not answered in time, but no stream', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { api, orchestrator } = testApi()
    const called = Promise.withResolvers<undefined>()
    orchestrator.nodes = () => {
      called.resolve(undefined)
      return new Promise(() => undefined)
    }
    const answer = api.inject('/api/v1/nodes')
    await called.promise
    await vi.advanceTimersByTimeAsync(30_000)
    const { statusCode, body } = await answer
    expect([statusCode, JSON.parse(body)]).toMatchObject([504, { error: { code: 'timed_out' } }])

    const { job } = await orchestrator.submit(
      JobSpec.parse({ apiVersion: 'edge/v1', engine: { type: 'noop' } }),
    )
    const watching = Promise.withResolvers<undefined>()
    const over = Promise.withResolvers<undefined>()
    // eslint-disable-next-line require-yield
    orchestrator.watch = async function* () {
      watching.resolve(undefined)
      await over.promise
    }
    const news = api.inject(`/api/v1/jobs/${job.id}/events`)
    await watching.promise
    await vi.advanceTimersByTimeAsync(3_600_000)
    over.resolve(undefined)
    expect((await news).body).toContain('event: end')
  })
})

describe('checkJsonLimits', () => {
  const limits = { maxDepth: 2, maxValues: 3, maxKeyLength: 4 }

  it('counts levels, values and the length of names', () => {
    for (const fine of [null, 'text', {}, { a: { b: 1 } }, [1, 2, 3], { long: 1 }])
      expect(() => {
        checkJsonLimits(fine, limits)
      }).not.toThrow()
    for (const bad of [{ a: { b: { c: 1 } } }, [[[]]], [1, 2, 3, 4], { a: [1, 2, 3] }, { toolong: 1 }])
      expect(() => {
        checkJsonLimits(bad, limits)
      }).toThrow(expect.objectContaining({ code: 'request_invalid' }) as Error)
  })
})
