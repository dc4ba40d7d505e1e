import { EdgeError } from '../../domain/index.ts'

/** The error for a frame of another size than the graph takes. */
export function wrongFrame(bytes: number, expected: number): EdgeError {
  return new EdgeError('internal', `a frame of ${bytes} bytes where ${expected} were expected`)
}

/** Writes a planar GBR frame (one byte a sample) as RGB planes of 0..1 into `tensor`, which holds 3 planes. */
export function gbrToRgbFloat(frame: Uint8Array, tensor: Float32Array): void {
  if (frame.length !== tensor.length) throw wrongFrame(frame.length, tensor.length)
  const plane = frame.length / 3
  copyPlane(frame.subarray(2 * plane), tensor.subarray(0, plane))
  copyPlane(frame.subarray(0, plane), tensor.subarray(plane, 2 * plane))
  copyPlane(frame.subarray(plane, 2 * plane), tensor.subarray(2 * plane))
}

function copyPlane(from: Uint8Array, to: Float32Array): void {
  for (let at = 0; at < to.length; at++) to[at] = (from[at] as number) / 255
}
