import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { JobSpec, type JobId } from '../../src/domain/index.ts'
import type { FakeOrchestrator } from '../support/fake-orchestrator.ts'
import { runWords, type RanWords } from '../support/run-words.ts'
import { testApi } from '../support/test-api.ts'

interface World {
  readonly orchestrator: FakeOrchestrator
  readonly jobId: JobId
  readonly edge: (...words: readonly string[]) => Promise<RanWords>
}

/** An API that knows one job, which runs on the node `gate`. */
async function world(): Promise<World> {
  const { api, orchestrator } = testApi()
  await api.start()
  const spec = JobSpec.parse({ apiVersion: 'edge/v1', name: 'night', engine: { type: 'noop' } })
  const { job } = await orchestrator.submit(spec)
  orchestrator.run(job.id, await orchestrator.node('gate'))
  const { hostname, port } = new URL(api.url)
  const edge = (...words: readonly string[]): Promise<RanWords> =>
    runWords([...words, '--api-host', hostname, '--api-port', port])
  return { orchestrator, jobId: job.id, edge }
}

describe('listings of a job', () => {
  it('have two names and one meaning', async () => {
    const { edge, jobId } = await world()
    for (const [long, short] of [
      [['job', 'list'], ['list']],
      [
        ['job', 'describe', jobId],
        ['describe', jobId],
      ],
      [
        ['job', 'logs', jobId],
        ['logs', jobId],
      ],
    ]) {
      const said = await edge(...long!, ...(long![1] === 'logs' ? [] : ['--output', 'json']))
      expect(said.code).toBe(0)
      expect(await edge(...short!, ...(short![0] === 'logs' ? [] : ['--json']))).toEqual(said)
    }
  })

  it('show executions and history with the names of nodes', async () => {
    const { edge, jobId, orchestrator } = await world()
    const [execution] = await orchestrator.executions(jobId)
    const executions = await edge('job', 'executions', jobId.slice(0, 8))
    expect(executions.stdout).toMatch(/^ID +NODE +STATE +ATTEMPT +CREATED +UPDATED +WHAT\n/)
    expect(executions.stdout).toContain(`${execution!.id.slice(0, 10)}  gate  Running`)
    expect((await edge('job', 'executions', jobId, '--state', 'Failed', '--no-header')).stdout).toBe('')
    const history = await edge('job', 'history', jobId, '-o', 'yaml')
    expect(parse(history.stdout)).toEqual(await orchestrator.history(jobId, {}))
    const lines = (await edge('job', 'history', jobId, '-o', 'wide')).stdout.split('\n')
    expect(lines[1]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}\d+ +job/)
    expect(lines.some((line) => /gate +\w* +Running/.test(line))).toBe(true)
    expect((await edge('job', 'results', jobId, '--json')).stdout).toBe('[]')
  })

  it('say that there is more than they show', async () => {
    const { edge, orchestrator } = await world()
    await orchestrator.submit(JobSpec.parse({ apiVersion: 'edge/v1', engine: { type: 'noop' } }))
    const page = await edge('job', 'list', '--limit', '1')
    expect(page.stdout.split('\n')).toHaveLength(2)
    expect(page.stderr).toBe('There are older jobs; --limit 10 shows more.')
    expect((await edge('list', '-n', '1', '-o', 'json')).stderr).toBe('')
  })

  it('end with the code of what went wrong', async () => {
    const { edge } = await world()
    expect(await edge('job', 'history', '00000000')).toMatchObject({ code: 3, stdout: '' })
    expect(await edge('job', 'list', '--output', 'xml')).toMatchObject({ code: 2 })
    const asJson = await edge('job', 'describe', '00000000', '-o', 'json')
    expect(JSON.parse(asJson.stderr)).toMatchObject({ error: { code: 'job_not_found' } })
  })
})

describe('listings of nodes', () => {
  it('choose by link, approval and label', async () => {
    const { edge, orchestrator } = await world()
    orchestrator.addNode('barn')
    await orchestrator.setApproval('barn', 'rejected')
    const names = async (...words: readonly string[]): Promise<string[]> => {
      const { stdout } = await edge('node', 'list', '--json', ...words)
      return (JSON.parse(stdout) as { info: { name: string } }[]).map(({ info }) => info.name)
    }
    expect(await names()).toEqual(['barn', 'gate'])
    expect(await names('--approval', 'rejected')).toEqual(['barn'])
    expect(await names('--label', 'site=south')).toEqual([])
    expect(await names('--label', 'site=north', '--limit', '1')).toEqual(['barn'])
    expect(await names('--state', 'disconnected')).toEqual([])
  })

  it('describe one with what it has and whether it is there', async () => {
    const { edge, orchestrator } = await world()
    const node = await orchestrator.node('gate')
    const shown = parse((await edge('node', 'describe', 'gate')).stdout) as Record<string, unknown>
    expect(shown).toMatchObject({
      id: node.id,
      connectivity: 'connected',
      labels: { site: 'north' },
      capacity: { cpu: 4, memory: '8 GB' },
      'allowed paths': ['/videos/**:ro'],
    })
    expect(JSON.parse((await edge('node', 'describe', 'gate', '--json')).stdout)).toEqual(node)
    expect((await edge('node', 'approve', 'gate')).stdout).toBe('Node gate is approved.')
    expect(await edge('node', 'describe', 'shed')).toMatchObject({ code: 3 })
  })
})

describe('edge job logs', () => {
  it('gives the lines of all nodes, each with its name, and only those asked for', async () => {
    const { edge, orchestrator, jobId } = await world()
    const [first] = await orchestrator.executions(jobId)
    const second = orchestrator.run(jobId, orchestrator.addNode('northern-barn'))
    orchestrator.print(jobId, first!.id, 'from before there were times')
    orchestrator.print(jobId, second, 'early', Date.UTC(2026, 10, 25, 8))
    orchestrator.print(jobId, first!.id, 'late', Date.UTC(2026, 10, 25, 9))
    expect((await edge('job', 'logs', jobId)).stdout.split('\n')).toEqual([
      'gate | from before there were times',
      'northern-barn | early',
      'gate          | late',
    ])
    const since = await edge('logs', jobId, '--since', '2026-11-25T08:30:00Z', '--times')
    expect(since.stdout).toBe('2026-11-25T09:00:00Z gate | late')
    expect((await edge('logs', jobId, '-e', second.slice(0, 12))).stdout).toBe('northern-barn | early')
    expect((await edge('logs', jobId, '--tail', '1')).stdout).toBe('gate | late')
    expect(JSON.parse((await edge('logs', jobId, '-t', '1', '--json')).stdout)).toMatchObject({
      atMs: Date.UTC(2026, 10, 25, 9),
    })
    expect(await edge('logs', jobId, '--tail', 'many')).toMatchObject({ code: 2 })
    expect(await edge('logs', jobId, '--since', 'yesterday')).toMatchObject({ code: 2 })
  })
})
