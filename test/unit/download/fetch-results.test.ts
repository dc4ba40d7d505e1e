import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createClient } from '../../../src/client/index.ts'
import { fetchResults, ResultManifest } from '../../../src/download/index.ts'
import type { EdgeClient } from '../../../src/client/index.ts'
import type { FetchProgress, FetchResultsOptions } from '../../../src/download/index.ts'
import { indexFolder } from '../../../src/content/index.ts'
import { JobSpec, shortId } from '../../../src/domain/index.ts'
import type { ExecutionId, JobId, NodeView, ResultView } from '../../../src/domain/index.ts'
import { eventually } from '../../support/eventually.ts'
import type { FakeOrchestrator } from '../../support/fake-orchestrator.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { testApi } from '../../support/test-api.ts'

type Files = Readonly<Record<string, string>>

const spec = JobSpec.parse({ apiVersion: 'edge/v1', engine: { type: 'noop' } })
const night: Files = {
  stdout: 'done\n',
  exitCode: '0',
  'outputs/events.json': '{}',
  'outputs/clips/a.mp4': 'x'.repeat(600_000),
}
const day: Files = { ...night, stdout: 'other\n' }

/** A job with results, before a listening API, and a client of it. */
class Scene {
  readonly orchestrator: FakeOrchestrator
  readonly client: EdgeClient
  readonly job: JobId
  readonly directory: string

  private constructor(orchestrator: FakeOrchestrator, client: EdgeClient, job: JobId, directory: string) {
    this.orchestrator = orchestrator
    this.client = client
    this.job = job
    this.directory = directory
  }

  static async make(): Promise<Scene> {
    const { api, orchestrator } = testApi()
    await api.start()
    const { job } = await orchestrator.submit(spec)
    return new Scene(orchestrator, createClient({ baseUrl: api.url }), job.id, await tempDir())
  }

  get folder(): string {
    return join(this.directory, `job-${shortId(this.job)}`)
  }

  async publish(nodeName: string, files: Files, fetched = true): Promise<ResultView> {
    const folder = await tempDir()
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(folder, path, '..'), { recursive: true })
      await writeFile(join(folder, path), text)
    }
    const index = await indexFolder(folder)
    for (const cid of index.cids()) this.orchestrator.blocks.set(cid, (await index.read(cid))!)
    const node: NodeView = this.orchestrator.addNode(nodeName)
    const executionId: ExecutionId = this.orchestrator.run(this.job, node)
    const scanned = { scannedFiles: 3, scannedBytes: 5_000_000, scannedSeconds: 60, events: 2, clips: 1 }
    const result: ResultView = {
      executionId,
      nodeId: node.id,
      nodeName,
      state: 'Completed',
      fetched,
      summary: { cid: index.root, bytes: index.bytes, files: index.files, ...scanned },
    }
    this.orchestrator.publish(this.job, result)
    return result
  }

  fetch(options: Partial<FetchResultsOptions> = {}): ReturnType<typeof fetchResults> {
    return fetchResults(this.client, this.job.slice(0, 8), {
      directory: this.directory,
      pollMs: 5,
      ...options,
    })
  }

  async filesIn(folder: string): Promise<Files> {
    const root = join(this.folder, folder)
    const entries = await readdir(root, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    const texts = await Promise.all(
      files.map(async (path) => [path.slice(root.length + 1), await readFile(path, 'utf8')]),
    )
    return Object.fromEntries(texts) as Files
  }
}

describe('fetchResults', () => {
  it('lays results out by node, and tells all in the manifest', async () => {
    const scene = await Scene.make()
    const gate = await scene.publish('gate 1/north', night)
    const yard = await scene.publish('yard', day)
    const seen: FetchProgress[] = []
    const { folder, manifest } = await scene.fetch({ onProgress: (progress) => seen.push(progress) })
    expect(folder).toBe(scene.folder)
    const folders = [`gate_1_north-${gate.summary.cid.slice(-8)}`, `yard-${yard.summary.cid.slice(-8)}`]
    expect(await readdir(folder)).toEqual(expect.arrayContaining([...folders, 'manifest.json']))
    expect(await readdir(folder)).toHaveLength(3)
    expect(await scene.filesIn(folders[0]!)).toEqual(night)
    expect(await scene.filesIn(folders[1]!)).toEqual(day)
    const written = ResultManifest.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')))
    expect(written).toEqual(manifest)
    expect(written).toMatchObject({ jobId: scene.job, isComplete: true, pending: [] })
    expect(written.results[0]).toEqual({
      nodeId: gate.nodeId,
      nodeName: 'gate 1/north',
      executionId: gate.executionId,
      state: 'Completed',
      cid: gate.summary.cid,
      files: 4,
      bytes: gate.summary.bytes,
      publishedBytes: gate.summary.bytes,
      scannedFiles: 3,
      scannedBytes: 5_000_000,
      scannedSeconds: 60,
      events: 2,
      clips: 1,
      folder: folders[0],
    })
    expect(seen.at(-1)).toMatchObject({
      nodeName: 'yard',
      bytes: yard.summary.bytes,
      totalBytes: yard.summary.bytes,
    })
  })

  it('lays them out raw, and fetches what two nodes have alike once', async () => {
    const scene = await Scene.make()
    const first = await scene.publish('gate', night)
    const second = await scene.publish('yard', night)
    expect(second.summary.cid).toBe(first.summary.cid)
    const asked: string[] = []
    const block = scene.orchestrator.block.bind(scene.orchestrator)
    scene.orchestrator.block = (cid) => {
      asked.push(cid)
      return block(cid)
    }
    const { manifest } = await scene.fetch({ raw: true })
    const folder = `raw/${first.summary.cid}`
    expect(manifest.results.map((result) => [result.nodeName, result.folder])).toEqual([
      ['gate', folder],
      ['yard', folder],
    ])
    expect(await scene.filesIn(folder)).toEqual(night)
    expect(asked.filter((cid) => cid === first.summary.cid)).toHaveLength(1)
  })

  it('goes on where it was broken off, and fetches only what is missing', async () => {
    const scene = await Scene.make()
    await scene.publish('gate', night)
    const result = await scene.publish('yard', day)
    const last = result.summary.cid
    const bytes = scene.orchestrator.blocks.get(last)!
    scene.orchestrator.blocks.delete(last)
    await expect(scene.fetch()).rejects.toMatchObject({ code: 'block_missing' })
    const broken = ResultManifest.parse(
      JSON.parse(await readFile(join(scene.folder, 'manifest.json'), 'utf8')),
    )
    expect(broken).toMatchObject({ isComplete: false, jobId: scene.job })
    scene.orchestrator.blocks.set(last, bytes)
    const { manifest } = await scene.fetch()
    expect(manifest).toMatchObject({ isComplete: true })
    expect(await scene.filesIn(manifest.results[1]!.folder)).toEqual(day)
  })

  it('adds what came later, and keeps what is whole', async () => {
    const scene = await Scene.make()
    await scene.publish('gate', night)
    await scene.publish('yard', day, false)
    const first = await scene.fetch()
    expect(first.manifest.results).toHaveLength(1)
    expect(first.manifest.pending).toEqual([expect.objectContaining({ nodeName: 'yard' })])
    for (const result of await scene.orchestrator.results(scene.job))
      scene.orchestrator.publish(scene.job, { ...result, fetched: true })
    const second = await scene.fetch()
    expect(second.manifest).toMatchObject({
      pending: [],
      results: [{ nodeName: 'gate' }, { nodeName: 'yard' }],
    })
  })

  it('writes over nothing that is not the same, unless forced', async () => {
    const scene = await Scene.make()
    await scene.publish('gate', night)
    const { manifest } = await scene.fetch()
    const changed = join(scene.folder, manifest.results[0]!.folder, 'stdout')
    await writeFile(changed, 'my notes')
    await expect(scene.fetch()).rejects.toMatchObject({ code: 'output_exists' })
    expect(await readFile(changed, 'utf8')).toBe('my notes')
    await scene.fetch({ force: true })
    expect(await readFile(changed, 'utf8')).toBe('done\n')
  })

  it('takes no folder that is not this job’s, unless forced', async () => {
    const scene = await Scene.make()
    await scene.publish('gate', night)
    await mkdir(scene.folder)
    await writeFile(join(scene.folder, 'holiday.jpg'), 'mine')
    await expect(scene.fetch()).rejects.toMatchObject({ code: 'output_exists' })
    expect(await readdir(scene.folder)).toEqual(['holiday.jpg'])
    await writeFile(join(scene.folder, 'manifest.json'), '{"format":"of somebody else"}')
    await expect(scene.fetch()).rejects.toMatchObject({ code: 'output_exists' })
    await scene.fetch({ force: true })
    expect(await readFile(join(scene.folder, 'holiday.jpg'), 'utf8')).toBe('mine')
    await rm(scene.folder, { recursive: true })
    await writeFile(scene.folder, 'a file')
    await expect(scene.fetch({ force: true })).rejects.toMatchObject({ code: 'output_exists' })
  })

  it('writes through no symlink', async () => {
    const scene = await Scene.make()
    await scene.publish('gate', night)
    const elsewhere = await tempDir()
    await symlink(elsewhere, scene.folder)
    await expect(scene.fetch({ force: true })).rejects.toMatchObject({ code: 'output_unsafe' })
    await rm(scene.folder)
    await mkdir(scene.folder)
    await symlink(elsewhere, join(scene.folder, 'raw'))
    await expect(scene.fetch({ force: true, raw: true })).rejects.toMatchObject({ code: 'output_unsafe' })
    expect(await readdir(elsewhere)).toEqual([])
  })

  it('says that there is nothing, or nothing yet', async () => {
    const scene = await Scene.make()
    await expect(scene.fetch()).rejects.toMatchObject({
      code: 'no_results',
      hint: expect.stringContaining('--wait') as string,
    })
    await scene.publish('gate', night, false)
    await expect(scene.fetch()).rejects.toMatchObject({
      code: 'no_results',
      message: expect.stringContaining('1 on the way') as string,
    })
    const empty = await Scene.make()
    empty.orchestrator.moveJob(empty.job, 'Failed')
    await expect(empty.fetch({ wait: true })).rejects.toMatchObject({
      code: 'no_results',
      message: expect.stringContaining('published nothing') as string,
    })
    expect(await readdir(empty.directory)).toEqual([])
  })

  it('waits when told: until the job is over and all its results are here', async () => {
    const scene = await Scene.make()
    const result = await scene.publish('gate', night, false)
    let isDone = false
    const fetching = scene.fetch({ wait: true }).then((fetched) => {
      isDone = true
      return fetched
    })
    const looks = countCalls(scene.orchestrator)
    await eventually(() => looks() > 2)
    scene.orchestrator.finish(scene.job)
    const before = looks()
    await eventually(() => looks() > before + 2)
    expect(isDone).toBe(false)
    scene.orchestrator.publish(scene.job, { ...result, fetched: true })
    expect((await fetching).manifest.results).toHaveLength(1)
  })

  it('stops waiting when told', async () => {
    const scene = await Scene.make()
    const leave = new AbortController()
    const looks = countCalls(scene.orchestrator)
    const fetching = scene.fetch({ wait: true, signal: leave.signal })
    const outcome = expect(fetching).rejects.toThrow('enough')
    await eventually(() => looks() > 1)
    leave.abort(new Error('enough'))
    await outcome
  })
})

/** How often the results were looked at since. */
function countCalls(orchestrator: FakeOrchestrator): () => number {
  const results = orchestrator.results.bind(orchestrator)
  let calls = 0
  orchestrator.results = (job) => {
    calls++
    return results(job)
  }
  return () => calls
}
