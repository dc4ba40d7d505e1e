import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { apiPages } from '../../../scripts/api-pages.ts'
import { operationsOf, resolved } from '../../../src/api/reference/document.ts'
import type { OpenApiDocument, PlacedOperation, Schema } from '../../../src/api/reference/document.ts'
import { JobSpec } from '../../../src/domain/index.ts'
import { testApi } from '../../support/test-api.ts'

const auth = { mode: 'token', tokenHash: createHash('sha256').update('good').digest('hex') } as const
const cid = 'bafkreiabc'

const document = JSON.parse((await apiPages())['openapi.json']) as OpenApiDocument

interface Answer {
  readonly status: number
  readonly type: string
  readonly code: string | undefined
}

interface Ask {
  readonly authorization?: string
  /** Things that are not there in the path. */
  readonly isLost?: boolean
  readonly headers?: Readonly<Record<string, string>>
}

/** A listening API in token mode with a job, a node and a block; calls of one operation. */
async function caller({ method, path, operation }: PlacedOperation): Promise<(ask: Ask) => Promise<Answer>> {
  const { api, orchestrator } = testApi({ auth })
  await api.start()
  const { job } = await orchestrator.submit(
    JobSpec.parse({ apiVersion: 'edge/v1', engine: { type: 'noop' } }),
  )
  const executionId = orchestrator.run(job.id, (await orchestrator.nodes())[0]!)
  orchestrator.blocks.set(cid, Uint8Array.from([1]))
  const there: Record<string, string> = { job: job.id, node: 'gate', cid, execution: executionId }
  const lost: Record<string, string> = {
    job: '00000000',
    node: 'nobody',
    cid: 'bafkreixyz',
    execution: 'e-00000000',
  }
  return async ({ authorization, isLost = false, headers = {} }) => {
    const url = path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = (isLost ? lost : there)[name]
      if (value === undefined) throw new Error(`this test knows no {${name}}: add it`)
      return value
    })
    const leave = new AbortController()
    const answer = await fetch(api.url + url, {
      method,
      headers: {
        ...headers,
        ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
        ...(authorization === undefined ? {} : { authorization }),
      },
      ...(method === 'GET' ? {} : { body: JSON.stringify(bodyOf(operation)) }),
      signal: leave.signal,
    })
    const { status } = answer
    const type = answer.headers.get('content-type')?.split(';')[0] ?? ''
    const { error } = status >= 400 ? ((await answer.json()) as { error?: { code: string } }) : {}
    leave.abort()
    return { status, type, code: error?.code }
  }
}

/** The example of what the operation takes. */
function bodyOf({ requestBody }: PlacedOperation['operation']): unknown {
  const schema: Schema = requestBody?.content?.['application/json']?.schema ?? {}
  const { examples = [{}] } = resolved<Schema>(document, schema)
  return examples[0]
}

/** What the document says of a status: the media type of the body. */
function documented({ operation }: PlacedOperation, status: number): string | undefined {
  const response = operation.responses[String(status)]
  if (response === undefined) return undefined
  return Object.keys(resolved(document, response).content ?? {})[0] ?? ''
}

const table = operationsOf(document).map((placed) => [`${placed.method} ${placed.path}`, placed] as const)

describe.each(table)('%s answers as documented', (_, placed) => {
  const isOpen = placed.operation.security?.length === 0
  const expectDocumented = ({ status, type }: Answer): void => {
    expect([status, type]).toEqual([status, documented(placed, status)])
  }

  it('with the token', async () => {
    const call = await caller(placed)
    const answer = await call({ authorization: 'Bearer good' })
    expect([answer.status, answer.code]).toEqual([expect.toBeOneOf([200, 201, 202, 204]), undefined])
    expectDocumented(answer)
  })

  it.each([
    ['no token', undefined],
    ['a bad token', 'Bearer bad'],
    ['another scheme', 'Basic good'],
  ])('with %s', async (_name, authorization) => {
    const call = await caller(placed)
    const answer = await call(authorization === undefined ? {} : { authorization })
    expect([answer.status, answer.code]).toEqual(isOpen ? [200, undefined] : [401, 'unauthorised'])
    expectDocumented(answer)
  })

  it('from a page of another site', async () => {
    const call = await caller(placed)
    const answer = await call({ authorization: 'Bearer good', headers: { origin: 'http://evil.example' } })
    expect([answer.status, answer.code]).toEqual([403, 'forbidden'])
    expectDocumented(answer)
  })

  if (placed.path.includes('{'))
    it('when what its path names is not there', async () => {
      const call = await caller(placed)
      const answer = await call({ authorization: 'Bearer good', isLost: true })
      expect([answer.status, answer.code]).toEqual([
        404,
        expect.stringMatching(/_not_found$|^block_missing$/),
      ])
      expectDocumented(answer)
    })

  if ('304' in placed.operation.responses)
    it('with the ETag of what is there', async () => {
      const call = await caller(placed)
      const answer = await call({ authorization: 'Bearer good', headers: { 'if-none-match': '*' } })
      expect(answer.status).toBe(304)
    })

  if ('412' in placed.operation.responses)
    it('with the ETag of what is no more', async () => {
      const call = await caller(placed)
      const answer = await call({ authorization: 'Bearer good', headers: { 'if-match': '"999"' } })
      expect([answer.status, answer.code]).toEqual([412, 'precondition_failed'])
      expectDocumented(answer)
    })
})
