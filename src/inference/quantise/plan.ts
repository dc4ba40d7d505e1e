import type { OnnxGraph, OnnxNode } from '../model/write-onnx.ts'

/**
 * Which nodes of a YOLOv5 graph stay float. `stem`: what makes numbers of the picture’s bytes, and the first convolution,
 * which sees only three channels and gains nothing. `heads`: what gives the graph’s outputs, for boxes are read from these
 * to a fraction of a pixel. All others are quantised.
 */
export interface QuantisationPlan {
  readonly kindOf: ReadonlyMap<OnnxNode, 'stem' | 'head' | 'quantised'>
  /** The values that are kept in bytes: what quantised nodes give, and what they take from the stem. */
  readonly bytes: ReadonlySet<string>
  /** Of these, those whose range must be measured, for it does not follow from the operator or another value. */
  readonly measured: readonly string[]
  /** Of these, those that only a SiLU takes: what lies far below 0 is as good as 0 there. */
  readonly beforeSilu: ReadonlySet<string>
}

/** Operators whose result lies in 0..1. */
export const shares: ReadonlySet<string> = new Set(['Sigmoid', 'HardSigmoid'])
/** Operators that only choose among the numbers they are given: both sides must have one scale. */
export const selections: ReadonlySet<string> = new Set(['MaxPool', 'Resize'])

export function planQuantisation(graph: OnnxGraph): QuantisationPlan {
  const kindOf = new Map<OnnxNode, 'stem' | 'head' | 'quantised'>()
  const outputs = new Set(graph.outputs.map(({ name }) => name))
  const inStem = new Map<string, OnnxNode>()
  for (const input of graph.inputs) inStem.set(input.name, { operator: 'Input', inputs: [], output: '' })
  const constants = new Set(graph.constants.map(({ name }) => name))
  for (const node of graph.nodes) {
    const inputs = dataInputs(node, constants)
    if (outputsOf(node).some((name) => outputs.has(name))) kindOf.set(node, 'head')
    else if (inputs.every((name) => inStem.has(name)) && staysInStem(node, inputs, inStem)) {
      kindOf.set(node, 'stem')
      for (const name of outputsOf(node)) inStem.set(name, node)
    } else kindOf.set(node, 'quantised')
  }
  const bytes = new Set<string>()
  for (const [node, kind] of kindOf) {
    if (kind === 'stem') continue
    for (const name of dataInputs(node, constants)) bytes.add(name)
    if (kind === 'quantised') for (const name of outputsOf(node)) bytes.add(name)
  }
  const inferred = new Set(
    graph.nodes.filter(({ operator }) => shares.has(operator) || selections.has(operator)).flatMap(outputsOf),
  )
  return {
    kindOf,
    bytes,
    measured: [...bytes].filter((name) => !inferred.has(name)),
    beforeSilu: findBeforeSilu(graph.nodes),
  }
}

/** Before the first convolution everything, the first convolution (two where it is split by plane), and their sum. */
function staysInStem(
  node: OnnxNode,
  inputs: readonly string[],
  inStem: ReadonlyMap<string, OnnxNode>,
): boolean {
  const before = inputs.map((name) => inStem.get(name)?.operator)
  const isAfter = before.some((operator) => operator === 'Conv' || operator === 'Add')
  return !isAfter || (node.operator === 'Add' && before.every((operator) => operator === 'Conv'))
}

/** The inputs that are no constants of the graph. */
export function dataInputs({ inputs }: OnnxNode, constants: ReadonlySet<string>): readonly string[] {
  return inputs.filter((name) => name !== '' && !constants.has(name))
}

export function outputsOf({ output }: OnnxNode): readonly string[] {
  return typeof output === 'string' ? [output] : output
}

function findBeforeSilu(nodes: readonly OnnxNode[]): ReadonlySet<string> {
  const takers = new Map<string, OnnxNode[]>()
  for (const node of nodes)
    for (const name of node.inputs) takers.set(name, [...(takers.get(name) ?? []), node])
  const found = new Set<string>()
  for (const [name, [first, second, ...others]] of takers) {
    const operators = [first?.operator, second?.operator].sort().join()
    if (others.length === 0 && operators === 'Mul,Sigmoid') found.add(name)
  }
  return found
}
