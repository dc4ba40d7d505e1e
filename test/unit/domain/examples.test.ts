import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readSpec } from '../../../src/domain/foreign-specs/index.ts'
import { checkJobSpec, checkPolicy, jobSpecSchema } from '../../../src/domain/index.ts'

const folder = new URL('../../../examples/', import.meta.url)
const yamlIn = (page: string): readonly string[] =>
  [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? '')

describe('the documentation', async () => {
  it.each((await readdir(folder)).filter((name) => name.endsWith('.yaml')))(
    'has a valid example %s',
    async (name) => {
      expect(readSpec(parse(await readFile(new URL(name, folder), 'utf8')))).toMatchObject({ ok: true })
    },
  )

  it('shows a valid spec in docs/job-spec.md', async () => {
    const specs = yamlIn(await readFile(new URL('../docs/job-spec.md', folder), 'utf8'))
    expect(specs.length).toBeGreaterThan(0)
    for (const spec of specs) expect(checkJobSpec(parse(spec))).toMatchObject({ ok: true })
  })

  it('names every field of a job spec in docs/job-spec.md or docs/policies.md', async () => {
    const pages = await Promise.all(
      ['job-spec.md', 'policies.md'].map((name) => readFile(new URL(`../docs/${name}`, folder), 'utf8')),
    )
    const names = JSON.stringify(jobSpecSchema(), (_key, value: unknown) =>
      typeof value === 'object' && value !== null && 'properties' in value
        ? { ...value, names: Object.keys(value.properties as object) }
        : value,
    )
    const fields = new Set(
      [...names.matchAll(/"names":(\[[^\]]*\])/g)].flatMap(([, list]) => JSON.parse(list ?? '') as string[]),
    )
    expect(fields.size).toBeGreaterThan(60)
    expect([...fields].filter((field) => !new RegExp(`\\b${field}\\b`).test(pages.join('\n')))).toEqual([])
  })

  const policies = new URL('policies/', folder)
  it.each(await readdir(policies))('has a valid policy %s', async (name) => {
    expect(checkPolicy(parse(await readFile(new URL(name, policies), 'utf8')))).toMatchObject({ ok: true })
  })

  it('shows every field of a policy in docs/policies.md', async () => {
    const [shown, ...others] = yamlIn(await readFile(new URL('../docs/policies.md', folder), 'utf8'))
    expect(others).toEqual([])
    const checked = checkPolicy(parse(shown ?? ''))
    expect(checked).toMatchObject({ ok: true })
    const defaults = checkPolicy({})
    expect(Object.keys(parse(shown ?? '') as object)).toEqual(defaults.ok ? Object.keys(defaults.value) : [])
  })
})
