import {
  EdgeError,
  ExecutionId,
  ExecutionState,
  JobId,
  shortId,
  type ErrorCode,
  type ExecutionRecord,
  type JobRecord,
  type NodeId,
} from '../../domain/index.ts'
import type { RequesterStore } from '../../ports/index.ts'
import type { Fleet, Member } from '../fleet/index.ts'

/** The job with this id or short id (its beginning). Throws `job_not_found`, `id_ambiguous`. */
export async function findJob(store: RequesterStore, given: string): Promise<JobRecord> {
  const whole = JobId.safeParse(given)
  const found = whole.success ? [await store.job(whole.data)] : await jobsByPrefix(store, given)
  return only(found, { what: 'job', given, missing: 'job_not_found', describe: ({ id }) => id })
}

function jobsByPrefix(store: RequesterStore, given: string): Promise<readonly JobRecord[]> {
  const isPrefix = /^[0-9a-f][0-9a-f-]{0,35}$/.test(given)
  return isPrefix ? store.jobsByPrefix(given) : Promise.resolve([])
}

/** The execution with this id or its beginning. Throws `execution_not_found`, `id_ambiguous`. */
export async function findExecution(store: RequesterStore, given: string): Promise<ExecutionRecord> {
  const whole = ExecutionId.safeParse(given)
  const found = whole.success ? [await store.execution(whole.data)] : await executionsByPrefix(store, given)
  return only(found, { what: 'execution', given, missing: 'execution_not_found', describe: ({ id }) => id })
}

async function executionsByPrefix(store: RequesterStore, given: string): Promise<readonly ExecutionRecord[]> {
  if (!/^e-[0-9a-f][0-9a-f-]{0,35}$/.test(given)) return []
  const found: ExecutionRecord[] = []
  for (const state of ExecutionState.options) {
    const executions = await store.executionsInState(state)
    found.push(...executions.filter(({ id }) => id.startsWith(given)))
  }
  return found
}

/** The node with this id, name, or short id (its end, at least four characters). Throws `node_not_found`, `id_ambiguous`. */
export function findNode(fleet: Fleet, given: string): Member {
  const members = fleet.members()
  const byId = members.filter(({ record }) => record.id === given)
  const byName = members.filter(({ record }) => record.info.name === given)
  const living = byName.filter(({ connectivity }) => connectivity === 'connected')
  const byEnd = given.length >= 4 ? members.filter(({ record }) => record.id.endsWith(given)) : []
  const found = [byId, living, byName, byEnd].find((matches) => matches.length > 0) ?? []
  const describe = ({ record }: Member): string => describeNode(record.id, record.info.name)
  return only(found, { what: 'node', given, missing: 'node_not_found', describe })
}

function describeNode(id: NodeId, name: string): string {
  return `${name} (${shortId(id)})`
}

function only<T>(
  matches: readonly (T | undefined)[],
  question: {
    readonly what: string
    readonly given: string
    readonly missing: ErrorCode
    readonly describe: (match: T) => string
  },
): T {
  const { what, given, missing, describe } = question
  const found = matches.filter((match) => match !== undefined)
  const [match] = found
  if (match === undefined) throw new EdgeError(missing, `there is no ${what} ${JSON.stringify(given)}`)
  if (found.length === 1) return match
  const some = found.slice(0, 3).map(describe).join(', ')
  throw new EdgeError('id_ambiguous', `${JSON.stringify(given)} fits more than one ${what}: ${some}, ...`)
}
