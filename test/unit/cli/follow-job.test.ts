import { describe, expect, it } from 'vitest'
import { exitCodeOfJob, followJob, summaryLines } from '../../../src/cli/follow-job.ts'
import type { Terminal } from '../../../src/cli/terminal.ts'
import { createClient } from '../../../src/client/index.ts'
import { EdgeError, type ExecutionView, type HistoryEntry, type JobView } from '../../../src/domain/index.ts'
import { executionIdOf, executionOf, jobOf, nodeIdOf } from '../../support/records.ts'

const execution: ExecutionView = { ...executionOf('north', 'Running'), connectivity: 'connected' }
const running: JobView = {
  ...jobOf({}, { state: 'Running', revision: 2 }),
  executions: [{ ...execution, state: 'Running', revision: 3 }],
  passedOver: [],
}
const completed: JobView = {
  ...running,
  state: 'Completed',
  revision: 3,
  executions: [{ ...execution, state: 'Completed', revision: 5 }],
}

function terminalOf(lines: string[]): Terminal {
  const note = (line: string): void => void lines.push(line)
  return {
    isInteractive: false,
    columns: 80,
    signal: new AbortController().signal,
    print: note,
    note,
    printJson: () => undefined,
  }
}

const entry = (init: Partial<HistoryEntry>): HistoryEntry => ({
  seq: 1,
  atMs: 0,
  jobId: running.id,
  entity: 'job',
  from: null,
  to: 'Running',
  revision: 0,
  ...init,
})

/** A client whose `job` answers with these, one after the other, and which saw these entries. */
function clientOf(answers: (JobView | EdgeError)[], entries: readonly HistoryEntry[]) {
  const client = createClient({ host: '127.0.0.1', port: 1 })
  const asked = { times: 0 }
  return {
    asked,
    client: {
      ...client,
      job: () => {
        asked.times++
        const answer = answers.shift()
        return answer instanceof EdgeError || answer === undefined
          ? Promise.reject(answer ?? new Error('asked too often'))
          : Promise.resolve(answer)
      },
      async *watch() {
        for (const known of entries) yield await Promise.resolve({ kind: 'history' as const, entry: known })
      },
    },
  }
}

const away = (): EdgeError => new EdgeError('requester_unreachable', 'nobody answers')

describe('following a job', () => {
  it('outlives a requester that is gone just when it has news', async () => {
    const lines: string[] = []
    const news = entry({ seq: 9, to: 'Completed', revision: 3 })
    const { client } = clientOf([away(), completed, away(), completed], [news])
    const over = await followJob(client, running, { terminal: terminalOf(lines) })
    expect(over).toEqual(completed)
    expect(exitCodeOfJob(over)).toBe(0)
    expect(lines.join('\n')).toContain('the requester does not answer; trying again')
  })

  it('ends with every other error', async () => {
    const { client } = clientOf([new EdgeError('job_not_found', 'gone')], [entry({ revision: 3 })])
    await expect(followJob(client, running, { terminal: terminalOf([]) })).rejects.toMatchObject({
      code: 'job_not_found',
    })
  })

  it('does not ask for what it shows already', async () => {
    const executionId = running.executions[0]?.id ?? executionIdOf(1)
    const known = [
      entry({ revision: 0 }),
      entry({ entity: 'execution', executionId, revision: 3 }),
      entry({ revision: 2 }),
    ]
    const { client, asked } = clientOf([completed], known)
    await followJob(client, running, { terminal: terminalOf([]) })
    expect(asked.times).toBe(1)
  })
})

describe('the last word about a job', () => {
  it('names a node that said no once, with its reason', () => {
    const reason = { code: 'path_not_allowed', message: '/videos is not allow-listed' } as const
    const nodeId = nodeIdOf('south')
    const rejected: ExecutionView = {
      ...execution,
      nodeId,
      nodeName: 'south',
      state: 'AskForBidRejected',
      reason,
    }
    const executions = [...completed.executions, rejected]
    const listed = { ...completed, executions, passedOver: [{ nodeId, nodeName: 'south', reason }] }
    expect(summaryLines(listed).filter((line) => line.includes('south'))).toHaveLength(1)
    expect(summaryLines({ ...listed, passedOver: [] }).filter((line) => line.includes('south'))).toHaveLength(
      1,
    )
  })
})
