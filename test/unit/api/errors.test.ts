import { describe, expect, it } from 'vitest'
import { EdgeError, errorTable } from '../../../src/domain/index.ts'
import type { ErrorCode } from '../../../src/domain/index.ts'
import { httpStatus } from '../../../src/api/http-status.ts'
import { testApi } from '../../support/test-api.ts'

const codes = Object.keys(errorTable) as ErrorCode[]

describe('the error table over HTTP', () => {
  it.each(codes)('%s keeps its code, message, hint and details', async (code) => {
    const { api, orchestrator } = testApi()
    orchestrator.nodes = () => Promise.reject(new EdgeError(code, 'what was found', { details: { at: 7 } }))
    const answer = await api.inject({ url: '/api/v1/nodes', headers: { 'x-request-id': 'r-1' } })
    expect(answer.statusCode).toBe(httpStatus[code])
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    const body = answer.json<{ error: unknown; requestId: string }>()
    expect(body.requestId).toBe('r-1')
    if (code === 'internal') {
      expect(body.error).toMatchObject({ code, hint: errorTable[code].solve })
      expect(answer.body).not.toContain('what was found')
    } else {
      const { retryable, solve } = errorTable[code]
      expect(body.error).toEqual({
        code,
        message: 'what was found',
        retryable,
        hint: solve,
        details: { at: 7 },
      })
    }
  })

  it('has a client status for what the user can mend, and never one below 400', () => {
    for (const code of codes)
      expect([code, httpStatus[code] >= 400 && httpStatus[code] < 600]).toEqual([code, true])
    expect(codes.filter((code) => httpStatus[code] === 401)).toEqual(['unauthorised'])
  })

  it('tells nothing of a bug, and logs all of it', async () => {
    const { api, orchestrator, log } = testApi()
    orchestrator.nodes = () => Promise.reject(new TypeError('SQLITE_ERROR near "SELECT" in /root/edge.db'))
    const answer = await api.inject('/api/v1/nodes')
    expect(answer.statusCode).toBe(500)
    expect(answer.body).not.toMatch(/SQLITE|\/root|TypeError|at Object|stack/)
    const { requestId } = answer.json<{ requestId: string }>()
    expect(answer.body).toContain(`request ${requestId}`)
    const logged = log.lines.find(({ level }) => level === 'error')
    expect(logged?.fields).toMatchObject({ requestId, method: 'GET', route: '/api/v1/nodes' })
    expect(String((logged?.fields as { err: unknown }).err)).toContain('SQLITE_ERROR')
  })

  it('covers an orchestrator that answers against its own schema', async () => {
    const { api, orchestrator } = testApi()
    const [node] = await orchestrator.nodes()
    orchestrator.nodes = () => Promise.resolve([{ ...node!, runningExecutions: Number.NaN }])
    const answer = await api.inject('/api/v1/nodes')
    expect([answer.statusCode, answer.json<{ error: { code: string } }>().error.code]).toEqual([
      500,
      'internal',
    ])
  })

  it('never sends fields that the schema does not have', async () => {
    const { api, orchestrator } = testApi()
    const [node] = await orchestrator.nodes()
    orchestrator.nodes = () => Promise.resolve([{ ...node!, joinToken: 'secret' }])
    expect((await api.inject('/api/v1/nodes')).body).not.toContain('secret')
  })
})
