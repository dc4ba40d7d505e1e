import { describe, expect, it } from 'vitest'
import { checkJobSpec, describeProblem, parseJobSpec } from '../../../src/domain/index.ts'

const minimal = {
  apiVersion: 'edge/v1',
  type: 'ops',
  engine: { type: 'onnx' },
  inputs: [{ source: { type: 'localDirectory', path: '/videos' }, target: '/videos' }],
}

function problemsOf(input: unknown): readonly string[] {
  const checked = checkJobSpec(input)
  return checked.ok ? [] : checked.problems.map(describeProblem)
}

describe('an edge/v1 job spec', () => {
  it('gets every default', () => {
    const spec = parseJobSpec(minimal)
    expect(spec).toMatchObject({
      count: 1,
      engine: { model: 'yolov5n', mode: 'auto', policy: { mergeGapSeconds: 3 } },
      disconnect: { tolerateSeconds: 7 * 86_400 },
      publisher: { type: 'local' },
    })
  })

  it('is told of contradictions beside the fields that are wrong', () => {
    const spec = { ...minimal, count: 3, name: '', network: { mode: 'full' }, env: { EDGE_JOB_ID: 'x' } }
    expect(problemsOf(spec).map((line) => line.split(':')[0])).toEqual([
      'name',
      'count',
      'env',
      'network.mode',
      'env.EDGE_JOB_ID',
    ])
  })

  it('takes a provider, or a chain of them, and never a command', () => {
    const withEngine = (engine: object): unknown => ({ ...minimal, engine: { type: 'onnx', ...engine } })
    expect(problemsOf(withEngine({ provider: 'sidecar', providerOptions: { deviceId: 1 } }))).toEqual([])
    expect(problemsOf(withEngine({ provider: ['cuda', 'cpu'] }))).toEqual([])
    for (const provider of ['gpu', [], ['auto'], ['cuda', 'gpu']])
      expect(problemsOf(withEngine({ provider }))).toEqual([expect.stringMatching(/^engine\.provider/)])
    expect(problemsOf(withEngine({ sidecar: { command: ['/bin/sh'] } }))).toEqual([
      expect.stringMatching(/^engine\.sidecar: unknown field/),
    ])
  })

  it('takes a range with either end or both, the first before the second', () => {
    const ranged = (range: object): readonly string[] =>
      problemsOf({ ...minimal, engine: { type: 'onnx', range } })
    for (const range of [{ fromSeconds: 3 }, { toSeconds: 3 }, { fromSeconds: 1.5, toSeconds: 3 }])
      expect(ranged(range)).toEqual([])
    expect(ranged({ fromSeconds: 3, toSeconds: 3 })).toEqual([
      'engine.range: fromSeconds must be before toSeconds',
    ])
    expect(ranged({})).toEqual(['engine.range: say fromSeconds, toSeconds or both'])
    expect(ranged({ fromSecond: 3, toSeconds: 9 })).toEqual([
      'engine.range.fromSecond: unknown field; did you mean fromSeconds?',
    ])
    expect(ranged({ fromSeconds: '3' })).toEqual([expect.stringMatching(/^engine\.range\.fromSeconds: /)])
  })

  it('is the same after a second parse', () => {
    const spec = parseJobSpec(minimal)
    expect(parseJobSpec(JSON.parse(JSON.stringify(spec)))).toEqual(spec)
  })

  it('names every problem with its path', () => {
    expect(
      problemsOf({ ...minimal, count: 0, engine: { type: 'onnx', sampleFps: -1 }, selector: 'a b' }),
    ).toEqual([expect.stringMatching(/^count: /), expect.stringMatching(/^engine\.sampleFps: /)])
  })

  it('suggests the field that was meant', () => {
    expect(problemsOf({ ...minimal, engine: { type: 'onnx', sampelFps: 3 }, inptus: [] })).toEqual([
      'engine.sampelFps: unknown field; did you mean sampleFps?',
      'inptus: unknown field; did you mean inputs?',
    ])
  })

  it.each([
    [
      'a relative path',
      { inputs: [{ source: { type: 'localDirectory', path: 'videos' }, target: '/videos' }] },
      'inputs.0.source.path',
    ],
    [
      'a target with ..',
      { inputs: [{ source: { type: 'localDirectory', path: '/v' }, target: '/a/../b' }] },
      'inputs.0.target',
    ],
    ['an unknown engine', { engine: { type: 'wasm' } }, 'engine.type'],
    ['an unknown source', { inputs: [{ source: { type: 'ftp' }, target: '/v' }] }, 'inputs.0.source.type'],
    ['onnx without input', { inputs: [] }, 'inputs'],
    ['count for ops', { count: 3 }, 'count'],
    ['an unreadable selector', { selector: '???' }, 'selector'],
    ['another version', { apiVersion: 'edge/v2' }, 'apiVersion'],
  ])('refuses %s', (_what, change, path) => {
    expect(problemsOf({ ...minimal, ...change })).toEqual([
      expect.stringMatching(new RegExp(`^${path.replaceAll('.', '\\.')}: `)),
    ])
  })

  it('refuses overlapping targets and names both', () => {
    const input = (target: string): object => ({ source: { type: 'localDirectory', path: '/v' }, target })
    expect(problemsOf({ ...minimal, inputs: [input('/a'), input('/a/b')] })).toEqual([
      'inputs.1.target: /a/b overlaps inputs.0.target',
    ])
    expect(problemsOf({ ...minimal, inputs: [input('/a'), input('/ab')] })).toEqual([])
  })

  it.each([null, 3, 'text', [], { apiVersion: 'edge/v1' }])('refuses %j', (input) => {
    expect(problemsOf(input).length).toBeGreaterThan(0)
  })
})
