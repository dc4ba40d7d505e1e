import { describe, expect, it } from 'vitest'
import { readSpec } from '../../../../src/domain/foreign-specs/index.ts'

const engine = { Type: 'docker', Params: { Image: 'ubuntu:22.04' } }
const network = { Type: 'None' }
const job = (task: object, more: object = {}): object => ({
  ...more,
  Tasks: [{ Name: 'main', Engine: engine, Network: network, Resources: { Memory: '1Gi' }, ...task }],
})
const specOf = (document: unknown): unknown => {
  const read = readSpec(document)
  return read.ok ? read.spec : read.problems
}
const problemPaths = (document: unknown): readonly string[] => {
  const read = readSpec(document)
  return read.ok ? [] : read.problems.map(({ path }) => path)
}

describe('a job with Tasks', () => {
  it('is translated field by field', () => {
    const document = {
      Name: 'gate',
      Namespace: 'site',
      Type: 'batch',
      Priority: 5,
      Count: 2,
      Constraints: [{ Key: 'site', Operator: 'in', Values: ['a', 'b'] }],
      Meta: {},
      Labels: { team: 'night', flag: '' },
      Tasks: [
        {
          Name: 'main',
          Engine: {
            Type: 'docker',
            Params: { Image: 'ubuntu:22.04', Parameters: ['ls'], EnvironmentVariables: ['A=1', 'B=1'] },
          },
          Publisher: { Type: 'local' },
          Env: { B: '2', C: '' },
          InputSources: [
            {
              Alias: 'x',
              Source: { Type: 'local', Params: { SourcePath: '/v', CreateAs: 'noCreate' } },
              Target: '/v',
            },
            { Source: { Type: 'urlDownload', Params: { URL: 'https://example.org/a' } } },
            {
              Source: { Type: 's3PreSigned', Params: { PreSignedURL: 'https://s3.example.org/b' } },
              Target: '/b',
            },
          ],
          ResultPaths: [{ Name: 'outputs', Path: '/outputs' }],
          Resources: { CPU: '1.5', Memory: '512Mb', Disk: '1GiB' },
          Network: { Type: 'Bridge' },
          Timeouts: { ExecutionTimeout: 60, QueueTimeout: '1h30m', TotalTimeout: '2h' },
        },
      ],
    }
    expect(specOf(document)).toEqual({
      apiVersion: 'edge/v1',
      name: 'gate',
      type: 'batch',
      priority: 5,
      count: 2,
      labels: { namespace: 'site', team: 'night', flag: '' },
      selector: 'site in (a,b)',
      engine: { type: 'docker', image: 'ubuntu:22.04', command: ['ls'] },
      env: {
        BACALHAU_EXECUTION_ID: '{{.ExecutionID}}',
        BACALHAU_JOB_ID: '{{.JobID}}',
        BACALHAU_PARTITION_INDEX: '{{.PartitionIndex}}',
        BACALHAU_PARTITION_COUNT: '{{.PartitionCount}}',
        BACALHAU_JOB_TYPE: 'batch',
        A: '1',
        B: '2',
        C: '',
      },
      inputs: [
        { source: { type: 'localDirectory', path: '/v' }, target: '/v' },
        { source: { type: 'url', url: 'https://example.org/a' }, target: '/inputs' },
        { source: { type: 'url', url: 'https://s3.example.org/b' }, target: '/b' },
      ],
      outputs: [{ name: 'outputs', path: '/outputs' }],
      resources: { cpu: 1.5, memoryBytes: 512_000_000, diskBytes: 2 ** 30 },
      network: { mode: 'full' },
      timeouts: { executionSeconds: 60, queueSeconds: 5400, totalSeconds: 7200 },
    })
    expect(readSpec(document).warnings.map(({ path }) => path)).toEqual(['Namespace'])
  })

  it('may be wrapped in Job, with what a requester adds to it', () => {
    const document = {
      Job: { ID: 'j', Version: 2, State: { StateType: 'Running' }, ...job({}) },
      Executions: [],
    }
    expect(readSpec(document)).toMatchObject({ ok: true, form: 'bacalhau/tasks' })
  })

  it('warns that a container has no network unless it asks for one', () => {
    const warnings = readSpec(job({ Network: null })).warnings
    expect(warnings).toEqual([
      { path: 'Tasks.0.Network', message: expect.stringContaining('Full') as unknown },
    ])
  })

  it('runs on every node without a count', () => {
    expect(specOf(job({}, { Type: 'Ops', Count: 1 }))).toMatchObject({ type: 'ops' })
    expect(problemPaths(job({}, { Type: 'daemon', Count: 3 }))).toEqual(['Count'])
  })

  it('names every field that cannot be honoured, all at once, where it stands', () => {
    const document = job(
      {
        Env: { TOKEN: 'env:TOKEN', EDGE_JOB_ID: 'mine' },
        Publisher: { Type: 's3', Params: { Bucket: 'b' } },
        InputSources: [
          { Source: { Type: 'ipfs', Params: { CID: 'Qm' } }, Target: '/a' },
          { Source: { Type: 'localDirectory', Params: { SourcePaht: '/v' } }, Target: '/b' },
          { Source: {}, Target: '/c' },
        ],
        Network: { Type: 'HTTP', Ports: [{ Name: 'web' }] },
        Timeouts: { ExecutionTimeout: '1 fortnight' },
        Extra: 1,
      },
      {
        Type: 'service',
        Name: 'n'.repeat(64),
        Priority: 101,
        Constraints: [{ Key: 'a', Operator: '!', Values: [] }],
      },
    )
    expect([...problemPaths(document)].sort()).toEqual([
      'Constraints.0.Operator',
      'Name',
      'Priority',
      'Tasks.0.Env.EDGE_JOB_ID',
      'Tasks.0.Env.TOKEN',
      'Tasks.0.Extra',
      'Tasks.0.InputSources.0.Source.Type',
      'Tasks.0.InputSources.1.Source.Params.SourcePaht',
      'Tasks.0.InputSources.1.Source.Params.SourcePath',
      'Tasks.0.InputSources.2.Source',
      'Tasks.0.Network.Domains',
      'Tasks.0.Network.Ports',
      'Tasks.0.Publisher.Type',
      'Tasks.0.Timeouts.ExecutionTimeout',
      'Type',
    ])
  })

  it('holds one task', () => {
    expect(problemPaths({ Tasks: [] })).toContain('Tasks')
    expect(problemPaths({ Tasks: [{ Engine: engine }, { Engine: engine }] })).toEqual(['Tasks.1'])
  })

  it('may be a noop, which has no use for a container’s fields', () => {
    expect(specOf(job({ Engine: { Type: 'noop', Params: {} }, Env: { A: '1' } }))).toEqual({
      apiVersion: 'edge/v1',
      engine: { type: 'noop' },
      resources: { memoryBytes: 2 ** 30 },
    })
  })
})
