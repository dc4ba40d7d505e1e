import { describe, expect, it } from 'vitest'
import { placeOf } from '../../../src/compute/place.ts'
import { ExecutionId, JobId, parseJobSpec } from '../../../src/domain/index.ts'

const uuid = '4b1422ff-7fc3-4518-8925-c2e5d4902a04'
const work = {
  jobId: JobId.parse(uuid),
  executionId: ExecutionId.parse(`e-${uuid}`),
  spec: parseJobSpec({ apiVersion: 'edge/v1', engine: { type: 'noop' }, count: 3 }),
}
const itself = { name: 'north', id: '12D3KooW' }

describe('the place of an execution', () => {
  it('is its node, and the whole job when the job is in one piece', () => {
    expect(placeOf(itself, work)).toEqual({
      nodeName: 'north',
      nodeId: '12D3KooW',
      jobId: work.jobId,
      executionId: work.executionId,
      partitionIndex: 0,
      partitionCount: 1,
    })
  })

  it('is one of as many parts as the job has', () => {
    expect(placeOf(itself, { ...work, partition: 2 })).toMatchObject({ partitionIndex: 2, partitionCount: 3 })
  })
})
