import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, parseDocument } from 'yaml'
import { diagnoseText, readSpec } from '../../../../src/domain/foreign-specs/index.ts'
import { checkJobSpec } from '../../../../src/domain/index.ts'

/** The job.yaml of Bacalhau’s guide, as it stands there: two fields on one line. */
const guide = `Job:
  APIVersion: V1beta2
  Spec:
    EngineSpec:
      Params:
        Entrypoint: null
        EnvironmentVariables: []
        Image: docker.io/bacalhauproject/yolov5-7.0:v1.0 WorkingDirectory: ""
      Type: docker
    Inputs:
      - Name: /video_dir
        Path: /videos
        StorageSource: localDirectory
        SourcePath: /video_dir
    Outputs:
      - Name: outputs
        Path: /outputs
`

const diagnose = (text: string): ReturnType<typeof diagnoseText> =>
  diagnoseText(
    text,
    new Set(parseDocument(text).errors.flatMap(({ linePos }) => linePos?.map(({ line }) => line) ?? [])),
  )

describe('the guide’s job.yaml', () => {
  it('is told that two of its fields stand on one line', () => {
    expect(diagnose(guide)).toEqual([
      {
        path: 'line 8',
        message:
          'WorkingDirectory stands on the line of Image; give it a line of its own, indented as Image is',
      },
    ])
  })

  it('is told that it lost its indentation when it was copied from the page', () => {
    const flat = guide.replace(/^ +/gm, '')
    expect(diagnose(flat).map(({ path }) => path)).toEqual(['line 8', 'line 1'])
  })

  it('is not suspected where the parser stumbles over something else', () => {
    const apart = guide.replace(' WorkingDirectory', '\n        WorkingDirectory')
    const script = '        Parameters:\n          - |\n            Note: this Also: that\n'
    expect(diagnose(`${apart.replace('      Type:', `${script}      Type:`)}Broken: [\n`)).toEqual([])
  })

  it('is a job once they are apart', () => {
    const apart = guide.replace(' WorkingDirectory', '\n        WorkingDirectory')
    expect(diagnose(apart)).toEqual([])
    expect(readSpec(parse(apart))).toMatchObject({
      ok: true,
      warnings: [{ path: 'Job.Spec.Resources' }, { path: 'Job.Spec.Deal' }],
      spec: {
        engine: { type: 'docker', image: 'docker.io/bacalhauproject/yolov5-7.0:v1.0' },
        inputs: [{ source: { type: 'localDirectory', path: '/video_dir' }, target: '/videos' }],
      },
    })
  })
})

describe('reading a spec of any form', () => {
  it.each([
    [{ kind: 'Deployment', apiVersion: 'apps/v1', spec: {} }],
    [{ apiVersion: 'v1', engine: {} }],
    [{}],
    [[]],
    ['job.yaml'],
    [null],
    [{ Job: 'x' }],
  ])('refuses %j and names the forms that edge knows', (document) => {
    const read = readSpec(document)
    expect(read).toMatchObject({ ok: false, problems: [{ path: '' }] })
    const message = read.ok ? '' : (read.problems[0]?.message ?? '')
    for (const form of ['edge/v1', 'V1beta2', 'Tasks']) expect(message).toContain(form)
  })

  it('leaves edge/v1 as it is, and its problems where they are', () => {
    const spec = { apiVersion: 'edge/v1', engine: { type: 'noop' } }
    expect(readSpec(spec)).toMatchObject({ ok: true, form: 'edge/v1', spec, warnings: [] })
    expect(readSpec({ engine: { type: 'noop' }, cuont: 1 })).toMatchObject({
      ok: false,
      form: 'edge/v1',
      problems: [{ path: 'apiVersion' }, { path: 'cuont', suggestion: 'count' }],
    })
  })

  it('knows what may stand beside Job', () => {
    const job = { Spec: { EngineSpec: { Type: 'noop' } } }
    expect(readSpec({ Job: job, State: { Executions: [1] } })).toMatchObject({ ok: true })
    expect(readSpec({ Job: job, Deal: { TargetingMode: true } })).toMatchObject({
      ok: false,
      problems: [{ path: 'Deal', message: 'unknown field' }],
    })
  })

  it('ends with a valid spec or with problems, whatever it is given, and never throws', () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        const read = readSpec(document)
        if (read.ok) expect(checkJobSpec(read.spec)).toMatchObject({ ok: true })
        else expect(read.problems.length).toBeGreaterThan(0)
      }),
      { numRuns: 2000 },
    )
  })

  it('survives a document that holds itself', () => {
    const spec: Record<string, unknown> = { EngineSpec: { Type: 'docker', Params: { Image: 'a' } } }
    spec['Metadata'] = spec
    expect(readSpec({ Spec: spec })).toMatchObject({ ok: false })
  })
})

const text = fc.oneof(
  fc.string(),
  fc.constantFrom(
    'docker',
    'noop',
    'ipfs',
    'localDirectory',
    '/v',
    'A=1',
    '8Gi',
    '500m',
    '=',
    'in',
    'ops',
    '1h',
    '{{.X}}',
  ),
)
const value = fc.oneof(
  text,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(text, { maxLength: 3 }),
)
const record = (names: readonly string[], values: fc.Arbitrary<unknown>): fc.Arbitrary<object> =>
  fc.dictionary(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: fc.string() }),
    values,
    {
      maxKeys: 8,
    },
  )
const either = (names: readonly string[], values: fc.Arbitrary<unknown> = value): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 4, arbitrary: record(names, values) }, { weight: 1, arbitrary: value })
const engine = either(
  ['Type', 'Params'],
  fc.oneof(
    value,
    record(['Image', 'Entrypoint', 'Parameters', 'EnvironmentVariables', 'WorkingDirectory'], value),
  ),
)
const parts = fc.oneof(
  value,
  engine,
  either([
    'Type',
    'Domains',
    'Ports',
    'CPU',
    'Memory',
    'GPU',
    'TargetingMode',
    'Concurrency',
    'ExecutionTimeout',
  ]),
  fc.array(
    either(
      ['StorageSource', 'SourcePath', 'Path', 'URL', 'Name', 'Key', 'Operator', 'Values', 'Source', 'Target'],
      fc.oneof(value, engine),
    ),
    { maxLength: 3 },
  ),
)
const spec = either(
  [
    'EngineSpec',
    'Engine',
    'Docker',
    'Publisher',
    'PublisherSpec',
    'Resources',
    'Network',
    'Timeout',
    'Inputs',
    'Outputs',
    'Annotations',
    'NodeSelectors',
    'Deal',
    'DoNotTrack',
    'Env',
    'InputSources',
    'ResultPaths',
    'Timeouts',
    'Meta',
  ],
  parts,
)
const anyDocument = fc.oneof(
  fc.anything(),
  either(['APIVersion', 'Spec', 'Metadata', 'Job'], fc.oneof(spec, fc.constant('V1beta2'))),
  either(
    ['Name', 'Type', 'Count', 'Labels', 'Constraints', 'Priority', 'Namespace', 'Tasks'],
    fc.oneof(parts, fc.array(spec, { maxLength: 2 })),
  ),
  fc.record({ Spec: spec }),
  fc.record({ Tasks: fc.tuple(spec) }),
)

describe('names in a foreign spec', () => {
  it('knows only the names that it was given: constructor and __proto__ are no engine, network or source', () => {
    for (const name of ['constructor', '__proto__', 'toString']) {
      const spec = {
        Engine: name,
        Network: { Type: name },
        Inputs: [{ StorageSource: name, Path: '/in' }],
      }
      const read = readSpec({ APIVersion: 'V1beta2', Spec: spec })
      const messages = read.ok ? [] : read.problems.map(({ path, message }) => `${path}: ${message}`)
      expect(messages).toContainEqual(
        expect.stringMatching(/^Spec.Engine: edge cannot run .*; run it in a container/),
      )
      expect(messages).toContainEqual(
        expect.stringMatching(/^Spec.Network.Type: .* is no network that edge knows/),
      )
      expect(messages).toContainEqual(expect.stringMatching(/StorageSource: .* is no source that edge knows/))
    }
  })
})
