import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ExecutionState, JobState, NodeExecutionState, isEdgeError } from '../../../src/domain/index.ts'
import type {
  ComputeCommit,
  ComputeStore,
  RequesterCommit,
  RequesterStore,
} from '../../../src/ports/index.ts'
import {
  createMemoryComputeStore,
  createMemoryRequesterStore,
  createSqliteComputeStore,
  createSqliteRequesterStore,
} from '../../../src/stores/index.ts'
import { observe as observeCompute } from '../../conformance/compute-store.ts'
import { observe as observeRequester } from '../../conformance/requester-store.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import {
  executionIdOf,
  jobIdOf,
  jobOf,
  nodeIdOf,
  nodeOf,
  reasonOf,
  resultOf,
  specOf,
  startMs,
} from '../../support/store-records.ts'
import { tempDir } from '../../support/temp-dir.ts'

const log = new QuietLog()

// Few ids and low revisions, so that commits meet: about as many are refused as go through.
const number = fc.integer({ min: 1, max: 3 })
const revision = fc.integer({ min: 0, max: 3 })
const atMs = fc.integer({ min: 0, max: 5 }).map((ms) => startMs + ms)
const text = fc.string({ unit: 'binary', maxLength: 12 })
const reason = text.map(reasonOf)
const some = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 2 })
const optional = { requiredKeys: [] as [] }

const set = fc.record(
  {
    reason,
    exitCode: fc.integer({ min: 0, max: 255 }),
    outcome: fc.record({ state: fc.constantFrom('Completed', 'Failed', 'Cancelled') }),
    result: fc.nat(9).map(resultOf),
  },
  optional,
)

const requesterSet = fc
  .tuple(
    set,
    fc.record(
      {
        partition: fc.nat(1),
        bid: fc.record({ matchedFiles: fc.nat(9), matchedBytes: fc.nat(9) }),
        choice: fc
          .boolean()
          .map((isChosen) => ({ isChosen, position: 1, of: 2, parts: [{ name: 'runs', value: 0 }] })),
      },
      optional,
    ),
  )
  .map(([a, b]) => ({ ...a, ...b }))

const requesterCommit: fc.Arbitrary<RequesterCommit> = fc.record(
  {
    atMs,
    jobs: some(
      fc.record(
        {
          id: number.map(jobIdOf),
          expectedRevision: revision,
          to: fc.constantFrom(...JobState.options),
          reason,
        },
        { requiredKeys: ['id', 'expectedRevision', 'to'] },
      ),
    ),
    newExecutions: some(
      fc.record({
        id: number.map(executionIdOf),
        jobId: number.map(jobIdOf),
        nodeId: number.map(nodeIdOf),
        nodeName: text,
        attempt: number,
      }),
    ),
    executions: some(
      fc.record(
        {
          id: number.map(executionIdOf),
          expectedRevision: revision,
          to: fc.constantFrom(...ExecutionState.options),
          set: requesterSet,
        },
        { requiredKeys: ['id', 'expectedRevision'] },
      ),
    ),
    messages: some(
      fc.record(
        {
          nodeId: number.map(nodeIdOf),
          executionId: number.map(executionIdOf),
          kind: fc.constantFrom('offer', 'start', 'cancel', 'published'),
          reason,
        },
        { requiredKeys: ['nodeId', 'executionId', 'kind'] },
      ),
    ),
    settledMessages: some(number),
    reportCursor: fc.record({ nodeId: number.map(nodeIdOf), ackedReportSeq: fc.nat(4) }),
  },
  { requiredKeys: ['atMs'] },
)

type Act<Store> = (store: Store) => Promise<unknown>

const requesterAct: fc.Arbitrary<Act<RequesterStore>> = fc.oneof(
  { weight: 5, arbitrary: requesterCommit.map((commit) => (store: RequesterStore) => store.commit(commit)) },
  {
    weight: 2,
    arbitrary: fc
      .record({ number, key: fc.option(text, { nil: undefined }), createdAtMs: atMs, name: text })
      .map(
        ({ number, key, createdAtMs, name }) =>
          (store: RequesterStore) =>
            store.createJob(
              jobOf(number, {
                createdAtMs,
                spec: { labels: { site: name } },
                ...(key === undefined ? {} : { idempotencyKey: key }),
              }),
            ),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({
        number,
        ackedReportSeq: fc.nat(4),
        dataEpoch: fc.constantFrom('one', 'two'),
        duty: fc.constantFrom('active' as const, 'cordoned' as const, 'draining' as const),
        setLabels: fc.constantFrom({}, { site: 'south', camera: null }),
      })
      .map(
        ({ number, ...rest }) =>
          (store: RequesterStore) =>
            store.putNode(nodeOf(number, rest)),
      ),
  },
  {
    weight: 1,
    arbitrary: number.map((each) => (store: RequesterStore) => store.removeNode(nodeIdOf(each))),
  },
  {
    weight: 1,
    arbitrary: fc
      .record(
        {
          states: fc.subarray(JobState.options),
          labels: fc.dictionary(fc.constantFrom('site', 'other'), text, { maxKeys: 1 }),
          before: number.map(jobIdOf),
          limit: fc.nat(3),
        },
        optional,
      )
      .map((query) => (store: RequesterStore) => store.jobs(query)),
  },
)

const computeCommit: fc.Arbitrary<ComputeCommit> = fc.record(
  {
    atMs,
    newExecutions: some(
      fc.record({
        id: number.map(executionIdOf),
        jobId: number.map(jobIdOf),
        token: number,
        spec: fc.constant(specOf()),
      }),
    ),
    executions: some(
      fc.record(
        {
          id: number.map(executionIdOf),
          expectedRevision: revision,
          to: fc.constantFrom(...NodeExecutionState.options),
          set: fc
            .tuple(set, fc.record({ token: number, starts: fc.nat(3) }, optional))
            .map(([a, b]) => ({ ...a, ...b })),
        },
        { requiredKeys: ['id', 'expectedRevision'] },
      ),
    ),
    reports: some(
      fc.record(
        {
          executionId: number.map(executionIdOf),
          jobId: number.map(jobIdOf),
          token: number,
          state: fc.constantFrom(...NodeExecutionState.options),
          atMs,
          reason,
        },
        { requiredKeys: ['executionId', 'jobId', 'token', 'state', 'atMs'] },
      ),
    ),
  },
  { requiredKeys: ['atMs'] },
)

const computeAct: fc.Arbitrary<Act<ComputeStore>> = fc.oneof(
  { weight: 5, arbitrary: computeCommit.map((commit) => (store: ComputeStore) => store.commit(commit)) },
  { weight: 1, arbitrary: fc.nat(6).map((seq) => (store: ComputeStore) => store.ackReports(seq)) },
  {
    weight: 1,
    arbitrary: fc.tuple(number.map(executionIdOf), text, fc.jsonValue()).map(
      ([id, key, value]) =>
        (store: ComputeStore) =>
          store.putCheckpoint(id, key, value),
    ),
  },
  {
    weight: 1,
    arbitrary: number.map((id) => (store: ComputeStore) => store.removeCheckpoints(executionIdOf(id))),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(text, text).map(([key, value]) => async (store: ComputeStore) => {
      await store.putMeta(key, value)
      return store.meta(key)
    }),
  },
)

/** What an act gave, or the code of the EdgeError it threw. */
async function outcomeOf<Store>(act: Act<Store>, store: Store): Promise<unknown> {
  try {
    return await act(store)
  } catch (error) {
    if (isEdgeError(error)) return { refused: error.code, message: error.message }
    throw error
  }
}

it('makes the SQLite requester store answer as the one in memory, whatever is done', async () => {
  const directory = await tempDir()
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(requesterAct, { minLength: 1, maxLength: 25 }), async (acts) => {
      const memory = createMemoryRequesterStore()
      const sqlite = createSqliteRequesterStore({ path: join(directory, `${++run}.db`), log })
      await memory.start()
      await sqlite.start()
      try {
        for (const act of acts)
          expect(await outcomeOf(act, sqlite)).toStrictEqual(await outcomeOf(act, memory))
        expect(await observeRequester(sqlite)).toStrictEqual(await observeRequester(memory))
      } finally {
        await sqlite.stop()
      }
    }),
    { numRuns: 150 },
  )
})

it('makes the SQLite compute store answer as the one in memory, whatever is done', async () => {
  const directory = await tempDir()
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(computeAct, { minLength: 1, maxLength: 25 }), async (acts) => {
      const memory = createMemoryComputeStore()
      const sqlite = createSqliteComputeStore({ path: join(directory, `${++run}.db`), log })
      await memory.start()
      await sqlite.start()
      try {
        for (const act of acts)
          expect(await outcomeOf(act, sqlite)).toStrictEqual(await outcomeOf(act, memory))
        expect(await observeCompute(sqlite)).toStrictEqual(await observeCompute(memory))
      } finally {
        await sqlite.stop()
      }
    }),
    { numRuns: 150 },
  )
})
