import { describe, expect, it } from 'vitest'
import { JobRecord, type ExecutionRecord, type ExecutionState } from '../../../src/domain/index.ts'
import { resultsOf, summaryOf } from '../../../src/requester/orchestrating/views.ts'

const jobId = '4b1422ff-7fc3-4518-8925-c2e5d4902a04'
const job = (type: 'ops' | 'batch', state: string): JobRecord =>
  JobRecord.parse({
    id: jobId,
    spec: { apiVersion: 'edge/v1', type, engine: { type: 'noop' } },
    state,
    revision: 1,
    createdAtMs: 0,
    updatedAtMs: 0,
  })

const result = {
  cid: 'bafyresult',
  bytes: 1,
  files: 1,
  scannedFiles: 0,
  scannedBytes: 0,
  scannedSeconds: 0,
  events: 0,
  clips: 0,
}

let made = 0
function execution(node: string, attempt: number, state: ExecutionState): ExecutionRecord {
  made += 1
  return {
    id: `e-${jobId.slice(0, -4)}${String(1000 + made)}`,
    jobId,
    nodeId: node,
    nodeName: node,
    attempt,
    token: made,
    state,
    revision: 1,
    result,
    createdAtMs: 0,
    updatedAtMs: 0,
  } as ExecutionRecord
}

const shown = (of: JobRecord, executions: readonly ExecutionRecord[]) => ({
  results: resultsOf(of, executions).map(({ nodeName, state }) => `${nodeName} ${state}`),
  done: `${String(summaryOf(of, executions).executions.completed)}/${String(summaryOf(of, executions).executions.total)}`,
})

describe('what a job counts and publishes', () => {
  it('leaves out rejected bids and what a newer attempt on the node replaced', () => {
    const executions = [
      execution('north', 1, 'Failed'),
      execution('north', 2, 'Completed'),
      execution('south', 1, 'AskForBidRejected'),
      execution('west', 1, 'Superseded'),
      execution('west', 2, 'Failed'),
    ]
    expect(shown(job('ops', 'PartiallyCompleted'), executions)).toEqual({
      results: ['north Completed', 'west Failed'],
      done: '1/2',
    })
  })

  it('has both results of a node that batch work used twice, and none of a node that it left', () => {
    const executions = [
      execution('north', 1, 'Failed'),
      execution('south', 1, 'Completed'),
      execution('south', 2, 'Completed'),
    ]
    expect(shown(job('batch', 'Completed'), executions)).toEqual({
      results: ['south Completed', 'south Completed'],
      done: '2/2',
    })
    expect(shown(job('batch', 'Failed'), executions).results).toContain('north Failed')
  })
})
