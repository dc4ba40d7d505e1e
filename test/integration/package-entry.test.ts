import { execFile } from 'node:child_process'
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { JobSummary } from '../../src/domain/index.ts'
import { eventually } from '../support/eventually.ts'
import type { FakeOrchestrator } from '../support/fake-orchestrator.ts'
import { tempDir } from '../support/temp-dir.ts'
import { testApi } from '../support/test-api.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..', '..')

/** A folder of somebody who has edge among their packages, as it is built. */
async function consumer(): Promise<string> {
  const place = await tempDir()
  await mkdir(join(place, 'node_modules'))
  await symlink(root, join(place, 'node_modules', 'edge'), 'dir')
  await writeFile(join(place, 'package.json'), JSON.stringify({ name: 'consumer', type: 'module' }))
  return place
}

/** Plays the one node: takes the first job, and ends it with a result. */
async function playNode(orchestrator: FakeOrchestrator): Promise<void> {
  const job = await eventually(async (): Promise<JobSummary | undefined> => {
    const { jobs } = await orchestrator.jobs({})
    return jobs[0]
  })
  await eventually(() => orchestrator.watchers === 1)
  const [node] = await orchestrator.nodes()
  const executionId = orchestrator.run(job.id, node!)
  orchestrator.publish(job.id, {
    executionId,
    nodeId: node!.id,
    nodeName: node!.info.name,
    state: 'Completed',
    fetched: true,
    summary: {
      cid: 'bafybeiabc',
      bytes: 480,
      files: 3,
      scannedFiles: 2,
      scannedBytes: 32_000,
      scannedSeconds: 60,
      events: 2,
      clips: 2,
    },
  })
  orchestrator.finish(job.id)
}

describe('the entry edge/client', () => {
  it('loads nothing but the client, the domain, small helpers and zod', async () => {
    const place = await consumer()
    await writeFile(
      join(place, 'loaded.mjs'),
      `import { registerHooks } from 'node:module'
      const urls = []
      registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
      const client = await import('edge/client')
      const before = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap')
      console.log(JSON.stringify({ urls, names: Object.keys(client), before }))`,
    )
    const { stdout } = await run(process.execPath, ['loaded.mjs'], { cwd: place })
    const { urls, names, before } = JSON.parse(stdout) as Record<string, string[]>
    const allowed = /\/dist\/(client|domain|utils)\/|\/node_modules\/zod\/|^node:/
    expect(urls!.filter((url) => !allowed.test(url))).toEqual([])
    expect(urls!.some((url) => url.endsWith('/dist/client/index.js'))).toBe(true)
    expect(names).toEqual(expect.arrayContaining(['createClient', 'EdgeError', 'isJobOver']))
    expect(before).toEqual([])
  })

  it('has types for those who use it, and the example is right by them', async () => {
    const place = await consumer()
    await copyFile(join(root, 'examples', 'client.ts'), join(place, 'client.ts'))
    await writeFile(
      join(place, 'wrong.ts'),
      `import { createClient } from 'edge/client'
      import { fetchResults } from 'edge/download'
      const client = createClient({ baseUrl: 'http://localhost:1234' })
      await fetchResults(client, 'x', { directory: '.' })
      // @ts-expect-error a state that no job has
      client.eachJob({ states: ['Sleeping'] })
      // @ts-expect-error a spec without an engine
      await client.submit({ apiVersion: 'edge/v1' })`,
    )
    const compilerOptions = {
      ...{
        target: 'ESNext',
        module: 'NodeNext',
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        exactOptionalPropertyTypes: true,
      },
      ...{ types: ['node'], typeRoots: [join(root, 'node_modules', '@types')] },
    }
    await writeFile(
      join(place, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['client.ts', 'wrong.ts'] }),
    )
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const { stdout } = await run(process.execPath, [tsc, '-p', place]).catch(
      (error: unknown) => error as { stdout: string },
    )
    expect(stdout).toBe('')
  }, 180_000)

  it('is what the example needs to run a job against an API', async () => {
    const { api, orchestrator } = testApi()
    await api.start()
    const [{ stdout, stderr }] = await Promise.all([
      run(process.execPath, [join(root, 'examples', 'client.ts')], {
        env: { PATH: process.env['PATH'], EDGE_API: api.url, NODE_NO_WARNINGS: '1' },
      }),
      playNode(orchestrator),
    ])
    const lines = stdout.trimEnd().split('\n')
    expect(stderr).toBe('')
    expect(lines.slice(0, 2)).toEqual([
      'node gate: connected',
      expect.stringMatching(/^job [0-9a-f]{8} accepted$/),
    ])
    expect(lines).toEqual(expect.arrayContaining(['execution: Running', 'job: Completed']))
    expect(lines.slice(-2)).toEqual(['Completed', 'gate: 2 events, 480 of 32000 bytes brought back'])
  })

  it('tells the example’s user what is wrong when nobody answers', async () => {
    const ended = await run(process.execPath, [join(root, 'examples', 'client.ts')], {
      env: { PATH: process.env['PATH'], EDGE_API: 'http://127.0.0.1:9', NODE_NO_WARNINGS: '1' },
    }).catch((error: unknown) => error as { code: number; stderr: string })
    expect(ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^requester_unreachable: .*127\.0\.0\.1:9/) as string,
    })
  })

  it('is shown in docs/client.md with every call that there is', async () => {
    const { api } = testApi()
    const { createClient } = await import('../../src/client/index.ts')
    const page = await readFile(join(root, 'docs', 'client.md'), 'utf8')
    const calls = Object.keys(createClient({ baseUrl: api.url })).filter((name) => name !== 'url')
    expect(calls.filter((name) => !new RegExp(`\`${name}[(\`]`).test(page))).toEqual([])
  })
})
