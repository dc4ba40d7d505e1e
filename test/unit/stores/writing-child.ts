import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { createSqliteComputeStore, createSqliteRequesterStore } from '../../../src/stores/index.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import {
  executionIdOf,
  jobIdOf,
  jobOf,
  nodeIdOf,
  nodeOf,
  specOf,
  startMs,
} from '../../support/store-records.ts'

/**
 * Writes to both stores in the directory of argv, beginning with number argv[3], until it is killed. After each commit that the
 * stores acknowledged it prints a line: what it is, and the number.
 */
const [, , directory = '', first = '1'] = process.argv
const log = new QuietLog()
const requester = createSqliteRequesterStore({ path: join(directory, 'requester.db'), log })
const compute = createSqliteComputeStore({ path: join(directory, 'compute.db'), log })
await requester.start()
await compute.start()
await requester.putNode(nodeOf(1))
const nodeId = nodeIdOf(1)

for (let number = Number(first); ; number++) {
  const [id, jobId] = [executionIdOf(number), jobIdOf(number)]
  await requester.createJob(jobOf(number))
  writeSync(1, `job ${number}\n`)
  await requester.commit({
    atMs: startMs,
    jobs: [{ id: jobId, expectedRevision: 0, to: 'Running' }],
    newExecutions: [{ id, jobId, nodeId, nodeName: 'node-1', attempt: 1 }],
    executions: [{ id, expectedRevision: 0, to: 'AskForBid' }],
    messages: [{ nodeId, executionId: id, kind: 'offer' }],
    reportCursor: { nodeId, ackedReportSeq: number },
  })
  writeSync(1, `execution ${number}\n`)
  await compute.commit({
    atMs: startMs,
    newExecutions: [{ id, jobId, token: number, spec: specOf() }],
    reports: [{ executionId: id, jobId, token: number, state: 'Accepted', atMs: startMs }],
  })
  writeSync(1, `report ${number}\n`)
}
