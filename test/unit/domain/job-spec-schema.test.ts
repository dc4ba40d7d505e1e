import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { jobSpecSchema } from '../../../src/domain/index.ts'

const page = new URL('../../../docs/job-spec.schema.json', import.meta.url)

interface Node {
  readonly description?: string
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Node>>
}

/** The path of every property that has no description. */
function undescribed(node: unknown, path = ''): readonly string[] {
  if (typeof node !== 'object' || node === null) return []
  const { properties = {} } = node as Node
  const here = Object.entries(properties).flatMap(([name, { description, const: only }]) =>
    description === undefined && only === undefined ? [`${path}.${name}`] : [],
  )
  return [...here, ...Object.entries(node).flatMap(([name, held]) => undescribed(held, `${path}.${name}`))]
}

describe('the JSON schema of edge/v1', () => {
  it('is what docs/job-spec.schema.json holds (write it with `edge schema`)', async () => {
    expect(JSON.parse(await readFile(page, 'utf8'))).toEqual(jobSpecSchema())
  })

  it('has a name and asks for what has no default', () => {
    expect(jobSpecSchema()).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'urn:edge:job-spec:v1',
      type: 'object',
      required: ['apiVersion', 'engine'],
      additionalProperties: false,
    })
  })

  it('describes every field', () => {
    expect(undescribed(jobSpecSchema())).toEqual([])
  })
})
