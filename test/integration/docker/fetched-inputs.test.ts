import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createResultSource, createUrlSource } from '../../../src/sources/index.ts'
import { sharedDocker } from '../../support/docker-engine.ts'
import { scriptWork, testDockerEngine } from '../../support/docker-work.ts'
import { EarlierJobs } from '../../support/earlier-job.ts'
import { FileServer } from '../../support/file-server.ts'
import { inputCache } from '../../support/input-cache.ts'

const address = await sharedDocker()

describe.skipIf(address === undefined)('a container', () => {
  it('sees a fetched file and an earlier result under their targets, and can write neither', async () => {
    const [server, jobs] = [await FileServer.start(), await EarlierJobs.start()]
    const url = server.serve('/gate.mp4', Buffer.from('a video'))
    const job = await jobs.add({ north: { 'outputs/clips/a.mp4': 'a clip' } })
    const script = [
      'cat /yard/gate.mp4 /earlier/north-*/outputs/clips/a.mp4 > /outputs/both',
      'for path in /yard/gate.mp4 /yard/new /earlier/new; do echo x > $path && echo wrote $path; done',
      'true',
    ].join('\n')
    const work = await scriptWork(script)
    const cache = await inputCache(work.scratchDir)
    const requester = () => Promise.resolve(jobs.requester.self)
    const inputs = [
      await createUrlSource({ cache, allowedHosts: [server.host] }).prepare({
        source: { type: 'url', url, maxBytes: 100, timeoutSeconds: 10 },
        target: '/yard',
        scratchDir: work.scratchDir,
      }),
      await createResultSource({ cache, network: jobs.node, requester }).prepare({
        source: { type: 'result', job, path: '' },
        target: '/earlier',
        scratchDir: work.scratchDir,
      }),
    ]
    const engine = testDockerEngine(address ?? '')
    const outcome = await engine.run({ ...work, inputs }, { signal: new AbortController().signal })
    expect(outcome).toMatchObject({ exitCode: 0 })
    expect(await readFile(join(work.outputsDir, 'both'), 'utf8')).toBe('a videoa clip')
    expect(work.lines.filter(({ text }) => text.includes('wrote'))).toEqual([])
  })
})
