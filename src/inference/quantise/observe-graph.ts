import type { OnnxGraph } from '../model/write-onnx.ts'
import type { ActivationRanges } from './activation-range.ts'
import { planQuantisation } from './plan.ts'

/** A graph that gives, instead of its outputs, the least and the greatest number of every value that needs a range. */
export interface ObservingGraph {
  readonly graph: OnnxGraph
  /** The ranges of one run from what it answered, one number for each name of `graph.outputs`. */
  readonly rangesOf: (answer: ReadonlyMap<string, number>) => ActivationRanges
}

const leastSuffix = '.least'
const greatestSuffix = '.greatest'

export function observeGraph(graph: OnnxGraph): ObservingGraph {
  const { measured } = planQuantisation(graph)
  const heads = new Set(graph.outputs.map(({ name }) => name))
  const nodes = graph.nodes.filter(({ output }) => typeof output !== 'string' || !heads.has(output))
  const reductions = measured.flatMap((name) => [
    { operator: 'ReduceMin', inputs: [name], output: `${name}${leastSuffix}`, attributes: noDims },
    { operator: 'ReduceMax', inputs: [name], output: `${name}${greatestSuffix}`, attributes: noDims },
  ])
  const inUse = new Set(nodes.flatMap(({ inputs }) => inputs))
  return {
    graph: {
      ...graph,
      nodes: [...nodes, ...reductions],
      constants: graph.constants.filter(({ name }) => inUse.has(name)),
      outputs: reductions.map(({ output }) => ({ name: output, elementType: 'float32', dims: [] })),
    },
    rangesOf: (answer) =>
      new Map(
        measured.map((name) => {
          const min = answer.get(`${name}${leastSuffix}`)
          const max = answer.get(`${name}${greatestSuffix}`)
          if (min === undefined || max === undefined) throw new RangeError(`nothing was measured of ${name}`)
          return [name, { min, max }] as const
        }),
      ),
  }
}

const noDims = { keepdims: { kind: 'int', value: 0 } } as const
