import ort from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { writeOnnx } from '../../../../src/inference/model/write-onnx.ts'
import type { OnnxGraph, OnnxNode } from '../../../../src/inference/model/write-onnx.ts'
import { joinRanges, observeGraph, quantiseGraph } from '../../../../src/inference/quantise/index.ts'
import type { ActivationRanges } from '../../../../src/inference/quantise/index.ts'

const side = 8

/** Numbers in -0.5..0.5 that are the same in every run. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed
  return Float32Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31 - 0.5
  })
}

function convolution(name: string, input: string, [from, to]: readonly [number, number], seed: number) {
  const node: OnnxNode = {
    operator: 'Conv',
    inputs: [input, `${name}.weight`, `${name}.bias`],
    output: name,
    attributes: { kernel_shape: { kind: 'ints', value: [1, 1] } },
  }
  const constants: OnnxGraph['constants'] = [
    {
      name: `${name}.weight`,
      dims: [to, from, 1, 1],
      elementType: 'float32',
      values: () => numbers(to * from, seed),
    },
    { name: `${name}.bias`, dims: [to], elementType: 'float32', values: () => numbers(to, seed + 1) },
  ]
  return { node, constants }
}

/** A first convolution, SiLU, a second and its SiLU, both joined, and a head. */
function smallGraph(): OnnxGraph {
  const [first, second, head] = [
    convolution('first', 'picture', [3, 4], 1),
    convolution('second', 'first.silu', [4, 4], 3),
    convolution('head', 'joined', [8, 5], 5),
  ]
  const silu = (name: string): OnnxNode[] => [
    { operator: 'Sigmoid', inputs: [name], output: `${name}.gate` },
    { operator: 'Mul', inputs: [name, `${name}.gate`], output: `${name}.silu` },
  ]
  return {
    name: 'small',
    producer: 'test',
    nodes: [
      first.node,
      ...silu('first'),
      second.node,
      ...silu('second'),
      {
        operator: 'Concat',
        inputs: ['first.silu', 'second.silu'],
        output: 'joined',
        attributes: { axis: { kind: 'int', value: 1 } },
      },
      head.node,
    ],
    constants: [...first.constants, ...second.constants, ...head.constants],
    inputs: [{ name: 'picture', elementType: 'float32', dims: [1, 3, side, side] }],
    outputs: [{ name: 'head', elementType: 'float32', dims: [1, 5, side, side] }],
  }
}

async function run(graph: OnnxGraph, picture: Float32Array): Promise<Map<string, Float32Array>> {
  const session = await ort.InferenceSession.create(writeOnnx(graph), { intraOpNumThreads: 1 })
  const answer = await session.run({ picture: new ort.Tensor('float32', picture, [1, 3, side, side]) })
  return new Map(Object.entries(answer).map(([name, { data }]) => [name, data as Float32Array]))
}

async function observe(graph: OnnxGraph, pictures: readonly Float32Array[]): Promise<ActivationRanges> {
  const observing = observeGraph(graph)
  const joined = new Map<string, { min: number; max: number }>()
  for (const picture of pictures) {
    const answer = await run(observing.graph, picture)
    const ranges = observing.rangesOf(new Map([...answer].map(([name, data]) => [name, data[0] as number])))
    for (const [name, range] of ranges) joined.set(name, joinRanges(joined.get(name) ?? range, range))
  }
  return joined
}

const pictures = [11, 12, 13].map((seed) => numbers(3 * side * side, seed).map((value) => 8 * value))

describe('quantiseGraph', () => {
  it('gives nearly what the float graph gives, on the inputs that the ranges come from', async () => {
    const graph = smallGraph()
    const quantised = quantiseGraph(graph, await observe(graph, pictures))
    for (const picture of pictures) {
      const wanted = (await run(graph, picture)).get('head')!
      const found = (await run(quantised, picture)).get('head')!
      const largest = Math.max(...wanted.map(Math.abs))
      const worst = Math.max(...wanted.map((value, at) => Math.abs(value - found[at]!)))
      expect(worst).toBeGreaterThan(0)
      expect(worst / largest).toBeLessThan(0.02)
    }
  })

  it('measures what the picture’s convolution and what each SiLU and join gives, and no share of 0..1', async () => {
    const ranges = await observe(smallGraph(), pictures)
    expect([...ranges.keys()].sort()).toEqual(['first', 'first.silu', 'joined', 'second', 'second.silu'])
    expect(ranges.get('first.silu')?.min).toBeGreaterThan(-0.279)
    expect(ranges.get('joined')?.max).toBe(
      Math.max(ranges.get('first.silu')!.max, ranges.get('second.silu')!.max),
    )
  })

  it('keeps the first convolution and the head in float and every other convolution in bytes', async () => {
    const graph = smallGraph()
    const quantised = quantiseGraph(graph, await observe(graph, pictures))
    const types = Object.fromEntries(quantised.constants.map(({ name, elementType }) => [name, elementType]))
    expect(types).toMatchObject({
      'first.weight': 'float32',
      'head.weight': 'float32',
      'second.weight.int8': 'int8',
      'second.bias.int32': 'int32',
    })
    expect(types).not.toHaveProperty('second.weight')
  })

  it('does not go on without a range', () => {
    expect(() => quantiseGraph(smallGraph(), new Map())).toThrow('there is no range for first')
  })

  it('makes the same file of the same ranges', async () => {
    const ranges = await observe(smallGraph(), pictures)
    const [one, two] = [1, 2].map(() => writeOnnx(quantiseGraph(smallGraph(), ranges)))
    expect(Buffer.from(one!).equals(two!)).toBe(true)
  })
})
