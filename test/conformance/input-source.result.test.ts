import { createResultSource } from '../../src/sources/index.ts'
import { EarlierJobs } from '../support/earlier-job.ts'
import { inputCache } from '../support/input-cache.ts'
import { tempDir } from '../support/temp-dir.ts'
import { describeInputSource } from './input-source.ts'

const suite = { isWritable: false, refusals: ['unknown', 'going on', 'on its way', 'empty', 'absent'] }

describeInputSource('result', suite, async () => {
  const jobs = await EarlierJobs.start()
  const spec = (job: string, path = '') => ({ type: 'result', job, path }) as const
  const tree = { stdout: 'hello', 'outputs/clips/a.mp4': 'a clip' }
  const good = await jobs.add({ north: tree, south: { ...tree, 'outputs/b.mp4': 'b' } })
  const results = await jobs.node.call(jobs.requester.self, 'results', { job: good })
  const [north = '', south = ''] = results.results.map(({ nodeName, cid }) => `${nodeName}-${cid.slice(-8)}`)
  const coming = results.results.map((result) => ({ ...result, fetched: false }))
  return {
    source: createResultSource({
      cache: await inputCache(await tempDir()),
      network: jobs.node,
      requester: () => Promise.resolve(jobs.requester.self),
      retryMs: [1],
    }),
    good: { spec: spec(good, 'outputs'), files: 0, bytes: 0 },
    content: [`${north}/outputs/clips/a.mp4`, `${south}/outputs/b.mp4`, `${south}/outputs/clips/a.mp4`],
    refused: {
      unknown: { spec: spec('4b1422ff'), code: 'path_missing', atBid: 'path_missing' },
      'going on': {
        spec: spec(await jobs.add({}, { isOver: false })),
        code: 'input_not_ready',
        atBid: 'input_not_ready',
      },
      'on its way': {
        spec: spec(await jobs.add({}, { results: coming })),
        code: 'input_not_ready',
        atBid: 'input_not_ready',
      },
      empty: { spec: spec(await jobs.add({})), code: 'input_empty', atBid: 'input_empty' },
      absent: { spec: spec(good, 'outputs/none'), code: 'path_missing' },
    },
  }
})
