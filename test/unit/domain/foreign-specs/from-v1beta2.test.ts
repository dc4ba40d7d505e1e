import { describe, expect, it } from 'vitest'
import { readSpec } from '../../../../src/domain/foreign-specs/index.ts'

const docker = { Type: 'docker', Params: { Image: 'ubuntu:22.04' } }
const job = (spec: object, more: object = {}): object => ({
  APIVersion: 'V1beta2',
  ...more,
  Spec: { Resources: { Memory: '1Gi' }, ...spec },
})
const specOf = (document: unknown): unknown => {
  const read = readSpec(document)
  return read.ok ? read.spec : read.problems
}
const problemsOf = (document: unknown): Record<string, string> => {
  const read = readSpec(document)
  return Object.fromEntries((read.ok ? [] : read.problems).map(({ path, message }) => [path, message]))
}
const warningsOf = (document: unknown): readonly string[] =>
  readSpec(document).warnings.map(({ path }) => path)

describe('a V1beta2 job', () => {
  it('is translated field by field', () => {
    const document = job({
      EngineSpec: {
        Type: 'docker',
        Params: {
          Image: 'ghcr.io/site/yolo:1',
          Entrypoint: ['/bin/sh', '-c'],
          Parameters: ['detect', 3],
          EnvironmentVariables: ['CLASSES=0 2', 'EMPTY=', 'A=b=c'],
          WorkingDirectory: '/work',
        },
      },
      PublisherSpec: { Type: 'local' },
      Resources: { CPU: '500m', Memory: '8Gi', Disk: '2G', GPU: '1' },
      Network: { Type: 'HTTP', Domains: ['example.org'] },
      Timeout: 90,
      Inputs: [
        {
          StorageSource: 'localDirectory',
          Name: 'a',
          SourcePath: '/footage',
          ReadWrite: true,
          Path: '/videos',
        },
        { StorageSource: 'urlDownload', URL: 'https://example.org/m.pt', Path: '/model' },
      ],
      Outputs: [{ StorageSource: 'ipfs', Name: 'outputs', Path: '/outputs' }],
      Annotations: ['canary', 'team=night'],
      NodeSelectors: [
        { Key: 'site', Operator: 'in', Values: ['north', 'east'] },
        { Key: 'kind', Operator: '=', Values: ['gate'] },
        { Key: 'slow', Operator: '!=', Values: ['yes'] },
        { Key: 'zone', Operator: 'NotIn', Values: ['x'] },
        { Key: 'gpu', Operator: 'exists' },
      ],
      Deal: { Concurrency: 3 },
    })
    expect(readSpec(document)).toMatchObject({ ok: true, form: 'bacalhau/v1beta2', warnings: [] })
    expect(specOf(document)).toEqual({
      apiVersion: 'edge/v1',
      engine: {
        type: 'docker',
        image: 'ghcr.io/site/yolo:1',
        entrypoint: ['/bin/sh', '-c'],
        command: ['detect', '3'],
        workingDirectory: '/work',
      },
      env: { CLASSES: '0 2', EMPTY: '', A: 'b=c' },
      resources: { cpu: 0.5, memoryBytes: 8 * 2 ** 30, diskBytes: 2 * 2 ** 30, gpu: 1 },
      network: { mode: 'http', domains: ['example.org'] },
      timeouts: { executionSeconds: 90 },
      inputs: [
        { source: { type: 'localDirectory', path: '/footage', readWrite: true }, target: '/videos' },
        { source: { type: 'url', url: 'https://example.org/m.pt' }, target: '/model' },
      ],
      outputs: [{ name: 'outputs', path: '/outputs' }],
      labels: { canary: '', team: 'night' },
      selector: 'site in (north,east),kind=gate,slow!=yes,zone notin (x),gpu',
      count: 3,
    })
  })

  it('may be wrapped in Job, in any case of letters, with all that a requester adds', () => {
    const document = {
      job: {
        apiversion: 'v1beta2',
        METADATA: { ID: 'x', ClientID: 'y' },
        spec: {
          enginespec: { type: 'Docker', params: { image: 'ubuntu:22.04', entrypoint: null } },
          engine: '',
          wasm: { EntryModule: {} },
          verifier: 'Noop',
          sharding: { BatchSize: 1, GlobPatternBasePath: '/inputs' },
          deal: { targetingmode: true, concurrency: 0 },
          network: { type: 'none' },
          resources: { memory: '1gi' },
        },
      },
      State: { State: 'Completed' },
    }
    expect(specOf(document)).toEqual({
      apiVersion: 'edge/v1',
      type: 'ops',
      engine: { type: 'docker', image: 'ubuntu:22.04' },
      network: { mode: 'none' },
      resources: { memoryBytes: 2 ** 30 },
    })
    expect(warningsOf(document)).toEqual(['job.METADATA'])
  })

  it.each([
    [{ Engine: 'Docker', Docker: { Image: 'ubuntu:22.04', Entrypoint: ['ls'] } }],
    [{ Docker: { Image: 'ubuntu:22.04', Entrypoint: ['ls'] } }],
    [{ EngineSpec: { Type: 'docker', Params: { Image: 'ubuntu:22.04', Entrypoint: ['ls'] } } }],
  ])('may name its engine in the old way: %j', (spec) => {
    expect(specOf(job(spec))).toMatchObject({
      engine: { type: 'docker', image: 'ubuntu:22.04', entrypoint: ['ls'] },
    })
  })

  it('says of one node only that all can be asked', () => {
    const inputs = { Inputs: [{ StorageSource: 'localDirectory', SourcePath: '/v', Path: '/v' }] }
    expect(warningsOf(job({ EngineSpec: docker, ...inputs }))).toEqual(['Spec.Deal'])
    expect(warningsOf(job({ EngineSpec: docker, ...inputs, Deal: { TargetingMode: true } }))).toEqual([])
  })

  it('says what edge does instead of what does no harm', () => {
    const spec = { EngineSpec: docker, Publisher: 'Estuary', DoNotTrack: true, Timeout: 9223372036 }
    expect(warningsOf(job(spec))).toEqual(['Spec.Publisher', 'Spec.Timeout', 'Spec.DoNotTrack'])
    expect(specOf(job(spec))).toMatchObject({ timeouts: { executionSeconds: 31_536_000 } })
  })

  it('says how much memory a container gets that asks for none', () => {
    const asks = (resources: object): readonly string[] =>
      warningsOf(job({ EngineSpec: docker, Resources: resources }))
    expect([asks({}), asks({ CPU: '1' }), asks({ Memory: '8Gi' })]).toEqual([
      ['Spec.Resources'],
      ['Spec.Resources.Memory'],
      [],
    ])
  })

  it('tells that version 1.0 of the guide’s image reads no variables', () => {
    const params = {
      Image: 'docker.io/bacalhauproject/yolov5-7.0:v1.0',
      EnvironmentVariables: ['WEIGHTS_PATH=/m/x.pt'],
    }
    expect(warningsOf(job({ EngineSpec: { Type: 'docker', Params: params } }))).toEqual([
      'Spec.EngineSpec.Params.Image',
    ])
  })

  it('names every field that cannot be honoured, all at once, where it stands', () => {
    const problems = problemsOf(
      job({
        EngineSpec: { Type: 'docker', Params: { Image: 'Not An Image', EnvironmentVariables: ['HOME'] } },
        Publisher: 's3',
        Resources: { CPU: 'many', Memory: '8Qi', GPU: '0.5' },
        Network: { Type: 'Carrier' },
        Timeout: 'soon',
        Inputs: [
          { StorageSource: 'ipfs', CID: 'Qm', Path: '/a' },
          { StorageSource: 's3', S3: { Bucket: 'b' }, Path: '/b' },
          { StorageSource: 'repoClone', Repo: 'r', Path: '/c' },
          { StorageSource: 'localDirectory', SourcePath: 'relative', Path: '/d' },
          { StorageSource: 'localDirectory', SourcePath: '/e', Path: 'e' },
        ],
        Outputs: [{ Name: 'stdout', Path: '/outputs' }],
        Annotations: ['ok', 'not a label!'],
        NodeSelectors: [
          { Key: 'a', Operator: 'gt', Values: ['1'] },
          { Key: 'b', Operator: 'in', Values: ['x,y'] },
        ],
        Deal: { TargetingMode: true, Concurrency: 2, Confidence: 3 },
        Sharding: { BatchSize: 1, GlobPattern: '/*' },
        Languge: {},
        Wasn: { X: 1 },
      }),
    )
    expect(Object.keys(problems).sort()).toEqual([
      'Spec.Annotations.1',
      'Spec.Deal.Concurrency',
      'Spec.Deal.Confidence',
      'Spec.EngineSpec.Params.EnvironmentVariables.0',
      'Spec.EngineSpec.Params.Image',
      'Spec.Inputs.0.StorageSource',
      'Spec.Inputs.1.StorageSource',
      'Spec.Inputs.2.StorageSource',
      'Spec.Inputs.3.SourcePath',
      'Spec.Inputs.4.Path',
      'Spec.Languge',
      'Spec.Network.Type',
      'Spec.NodeSelectors.0.Operator',
      'Spec.NodeSelectors.1.Values.0',
      'Spec.Outputs.0.Name',
      'Spec.Publisher',
      'Spec.Resources.CPU',
      'Spec.Resources.GPU',
      'Spec.Resources.Memory',
      'Spec.Sharding.GlobPattern',
      'Spec.Timeout',
      'Spec.Wasn',
    ])
    expect(problems['Spec.Inputs.0.StorageSource']).toContain('https://GATEWAY/ipfs/CID')
    expect(problems['Spec.Publisher']).toContain('edge get')
  })

  it.each([
    [{ Engine: 'wasm', Wasm: { EntryModule: { CID: 'Qm' } } }, 'Spec.Engine'],
    [{ EngineSpec: { Type: 'onnx' } }, 'Spec.EngineSpec.Type'],
    [{ EngineSpec: { Params: { Image: 'a' } } }, 'Spec.EngineSpec.Type'],
    [{ EngineSpec: 'docker' }, 'Spec.EngineSpec'],
    [{ EngineSpec: { Type: 'docker', Params: { Parameters: 'ls' } } }, 'Spec.EngineSpec.Params.Parameters'],
    [{ Timeout: 1 }, 'Spec.EngineSpec'],
  ])('refuses the engine of %j at %s', (spec, path) => {
    expect(Object.keys(problemsOf(job(spec)))).toContain(path)
  })

  it('refuses another version, and a field that is said twice', () => {
    expect(problemsOf(job({ EngineSpec: docker, enginespec: docker }, { APIVersion: 'V1alpha1' }))).toEqual({
      APIVersion: expect.stringContaining('V1beta2') as unknown,
      'Spec.enginespec': expect.stringContaining('EngineSpec') as unknown,
    })
  })
})
