import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { createSqliteComputeStore, createSqliteRequesterStore } from '../../../src/stores/index.ts'
import { siblingModule } from '../../../src/utils/sibling-module.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { executionIdOf, jobIdOf, nodeIdOf } from '../../support/store-records.ts'
import { tempDir } from '../../support/temp-dir.ts'

const log = new QuietLog()
const kills = 20

/** Lets a child write from `first` on and kills it after a random number of acknowledged commits; the last number of each kind. */
async function writeAndKill(directory: string, first: number): Promise<ReadonlyMap<string, number>> {
  const program = siblingModule(import.meta.url, 'writing-child').pathname
  const child = spawn(process.execPath, [program, directory, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(child, 'close')
  const acknowledged = new Map<string, number>()
  const killAfter = 1 + Math.floor(Math.random() * 150)
  let lines = 0
  for await (const line of createInterface(child.stdout)) {
    const [kind = '', number] = line.split(' ')
    acknowledged.set(kind, Number(number))
    if (++lines === killAfter) child.kill('SIGKILL')
  }
  await gone
  expect(child.signalCode).toBe('SIGKILL')
  return acknowledged
}

/** Checks both databases; the highest number that is in one of them. */
async function check(directory: string, acknowledged: ReadonlyMap<string, number>): Promise<number> {
  const requester = createSqliteRequesterStore({ path: join(directory, 'requester.db'), log })
  const compute = createSqliteComputeStore({ path: join(directory, 'compute.db'), log })
  await requester.start()
  await compute.start()
  const last = (kind: string): number => acknowledged.get(kind) ?? 0
  const executions = await requester.executionsInState('AskForBid')
  const jobs = await requester.jobs()
  const history = await requester.history({})
  expect(await requester.job(jobIdOf(last('job')))).toBeDefined()
  if (last('execution') > 0) {
    expect(await requester.execution(executionIdOf(last('execution')))).toMatchObject({ revision: 1 })
  }
  // Every commit is there as a whole or not at all.
  expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1))
  expect(history).toHaveLength(jobs.length + 3 * executions.length)
  expect(await requester.outbox(nodeIdOf(1), 100_000)).toHaveLength(executions.length)
  expect(jobs.filter(({ state }) => state === 'Running')).toHaveLength(executions.length)
  expect(executions.map(({ token }) => token)).toEqual(executions.map((_, index) => index + 1))
  const reports = await compute.reportsAfter(0, 100_000)
  if (last('report') > 0) expect(await compute.execution(executionIdOf(last('report')))).toBeDefined()
  expect(reports.map(({ token }) => executionIdOf(token))).toEqual(
    (await compute.executions()).map(({ id }) => id),
  )
  await requester.stop()
  await compute.stop()
  return jobs.reduce((most, { id }) => Math.max(most, parseInt(id.slice(0, 8), 16)), 0)
}

it(`loses no acknowledged commit and halves none when the writer is killed, ${kills} times over`, async () => {
  const directory = await tempDir()
  let next = 1
  for (let kill = 0; kill < kills; kill++) {
    const acknowledged = await writeAndKill(directory, next)
    const highest = await check(directory, acknowledged)
    expect(highest).toBeGreaterThanOrEqual(acknowledged.get('job') ?? 0)
    next = highest + 1
  }
}, 180_000)
