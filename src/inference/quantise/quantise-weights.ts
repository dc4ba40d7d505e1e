/** A convolution’s numbers in whole numbers: an int8 weight stands for weight x scale of its output channel. */
export interface QuantisedWeights {
  readonly weights: Int8Array
  /** One for each output channel. */
  readonly scales: Float32Array
  /** A bias stands for bias x input scale x scale of its channel. */
  readonly bias: Int32Array
}

const largestWeight = 127
/** Half of what an int32 holds: the sums of products are added to it. */
const largestBias = 2 ** 30
/** Channels whose weights are all smaller than what a quotient can be trusted with count as empty. */
const leastScale = 1e-30

/**
 * Per channel, symmetric (zero is 0). A channel whose bias would not fit the int32 that goes with tiny weights takes a
 * coarser scale.
 */
export function quantiseWeights(
  weights: Float32Array,
  bias: Float32Array,
  inputScale: number,
): QuantisedWeights {
  const channels = bias.length
  const perChannel = weights.length / channels
  const result = {
    weights: new Int8Array(weights.length),
    scales: new Float32Array(channels),
    bias: new Int32Array(channels),
  }
  for (let channel = 0; channel < channels; channel++) {
    const from = channel * perChannel
    const scale = scaleOf(weights.subarray(from, from + perChannel), bias[channel] as number, inputScale)
    result.scales[channel] = scale
    result.bias[channel] = Math.round((bias[channel] as number) / (inputScale * scale))
    for (let at = from; at < from + perChannel; at++)
      result.weights[at] = Math.round((weights[at] as number) / scale)
  }
  return result
}

function scaleOf(weights: Float32Array, bias: number, inputScale: number): number {
  let largest = 0
  for (const weight of weights) largest = Math.max(largest, Math.abs(weight))
  const scale = Math.max(largest / largestWeight, Math.abs(bias) / (inputScale * largestBias))
  return scale < leastScale ? 1 : roundedUp(scale)
}

/** As a float32, and never smaller than it was, so that no quotient passes the bounds. */
function roundedUp(value: number): number {
  const rounded = Math.fround(value)
  return rounded >= value ? rounded : Math.fround(value * (1 + 2 ** -23))
}
