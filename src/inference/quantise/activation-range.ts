/** The least and the greatest number that a value of a graph was seen to hold. */
export interface ActivationRange {
  readonly min: number
  readonly max: number
}

/** By the value’s name. */
export type ActivationRanges = ReadonlyMap<string, ActivationRange>

/** A byte stands for (byte - zero) x scale. */
export interface ByteScale {
  readonly scale: number
  readonly zero: number
}

/** Bytes that reach over a range and hold 0 exactly, which padding needs (ONNX, QuantizeLinear to uint8). */
export function byteScale({ min, max }: ActivationRange): ByteScale {
  const [low, high] = [Math.min(0, min), Math.max(0, max)]
  const scale = Math.fround((high - low) / 255)
  // A value that is 0 everywhere.
  if (scale === 0) return { scale: 1, zero: 0 }
  return { scale, zero: Math.min(255, Math.max(0, Math.round(-low / scale))) }
}

/** The range that holds both. */
export function joinRanges(a: ActivationRange, b: ActivationRange): ActivationRange {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) }
}
