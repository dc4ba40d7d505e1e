import type { JobState } from '../../domain/index.ts'

export interface Candidate {
  readonly value: string
  /** A few words about it, for shells that show them. */
  readonly what: string
}

/** What is known only elsewhere: ids of jobs, names of nodes, profiles and settings. */
export interface Lookups {
  /** For an argument (`job`) or a flag (`--profile`) of a command; nothing when it is not known. */
  argument(
    command: string,
    argument: string,
    given: Readonly<Record<string, string>>,
  ): Promise<readonly Candidate[]>
}

/** A shell waits no longer than that. */
const patienceMs = 1000
const open: readonly JobState[] = ['Pending', 'Queued', 'Running']

/** Asks the API that the line names, briefly, and this machine; whatever fails, there is nothing to offer. */
export const realLookups: Lookups = {
  async argument(command, argument, given) {
    try {
      if (argument === 'job' || argument === '--from-job') return await jobs(command, given)
      if (argument === 'node') return await nodes(given)
      if (argument === '--profile' || command.startsWith('profile ')) return await profiles()
      if (command.startsWith('config ')) return await settings()
      return []
    } catch {
      // A shell that completes has no place for an error; the command itself will say it.
      return []
    }
  },
}

async function jobs(command: string, given: Readonly<Record<string, string>>): Promise<readonly Candidate[]> {
  const [{ connect }, { shortId }, { ago }] = await Promise.all([
    import('../connect.ts'),
    import('../../domain/index.ts'),
    import('../format.ts'),
  ])
  const isForOpen = ['job stop', 'cancel', 'job wait', 'wait'].includes(command)
  const client = connect(argsOf(given), { timeoutMs: patienceMs })
  const page = await client.jobs({ limit: 50, ...(isForOpen ? { states: open } : {}) })
  return page.jobs.map(({ id, name = '', state, createdAtMs }) => ({
    value: shortId(id),
    what: [name, state, ago(createdAtMs)].filter((word) => word !== '').join(', '),
  }))
}

async function nodes(given: Readonly<Record<string, string>>): Promise<readonly Candidate[]> {
  const { connect } = await import('../connect.ts')
  const all = await connect(argsOf(given), { timeoutMs: patienceMs }).nodes()
  return all.map(({ info, approval, connectivity }) => ({
    value: info.name,
    what: `${approval}, ${connectivity}`,
  }))
}

async function profiles(): Promise<readonly Candidate[]> {
  const { profileBook } = await import('../../config/index.ts')
  return [...profileBook().all()].map(([value, { host, port }]) => ({
    value,
    what: `${host}:${String(port)}`,
  }))
}

async function settings(): Promise<readonly Candidate[]> {
  const { flagName, settingsTable } = await import('../../config/index.ts')
  return Object.entries(settingsTable).map(([name, { describe }]) => ({
    value: flagName(name).slice(2),
    what: describe,
  }))
}

function argsOf(given: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  const { 'api-host': apiHost, 'api-port': apiPort, 'data-dir': dataDir, profile } = given
  return { apiHost, apiPort, dataDir, profile }
}
