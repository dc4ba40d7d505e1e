import { describe, expect, it } from 'vitest'
import { JobId, JobRecord, type ExecutionRecord, type NodeId } from '../../../src/domain/index.ts'
import { EarlierResults } from '../../../src/requester/orchestrating/earlier-results.ts'
import type { Parts } from '../../../src/requester/parts.ts'
import { executionOf, jobOf, nodeOf } from '../../support/records.ts'

describe('what a node may read of earlier jobs', () => {
  it('is what one job is called by; a beginning that fits several opens none of them', async () => {
    const ids = ['aaaa0000', 'aaaa1111'].map((start) => JobId.parse(`${start}-0000-4000-8000-000000000000`))
    const reader: NodeId = nodeOf('reader').id
    const permitted = async (given: string): Promise<unknown> => {
      const own = JobRecord.parse(
        jobOf({ inputs: [{ source: { type: 'result', job: given }, target: '/in' }] }),
      )
      const store = {
        liveExecutionsOfNode: () => Promise.resolve<ExecutionRecord[]>([executionOf('reader', 'Running')]),
        job: (id: JobId) => Promise.resolve(ids.includes(id) ? { ...own, id } : own),
        jobsByPrefix: (prefix: string) => Promise.resolve(ids.filter((id) => id.startsWith(prefix))),
        executionsOfJob: () => Promise.resolve([]),
      }
      const parts = { store, clock: { monotonicMs: () => 0 } } as unknown as Parts
      const [first = JobId.parse('')] = ids
      return new EarlierResults(parts).results(reader, { job: first }).then(
        () => 'permitted',
        (error: unknown) => (error as { code: string }).code,
      )
    }
    expect(await permitted(ids[0] ?? '')).toBe('permitted')
    expect(await permitted('aaaa0')).toBe('permitted')
    expect(await permitted('aaaa')).toBe('forbidden')
    expect(await permitted('a')).toBe('forbidden')
  })
})
