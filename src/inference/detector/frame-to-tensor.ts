import { EdgeError } from '../../domain/index.ts'

/** Writes a planar GBR frame (one byte a sample) as RGB planes of 0..1 into `tensor`, which holds 3 planes. */
export function gbrToRgbFloat(frame: Uint8Array, tensor: Float32Array): void {
  if (frame.length !== tensor.length) {
    throw new EdgeError('internal', `a frame of ${frame.length} bytes where ${tensor.length} were expected`)
  }
  const plane = frame.length / 3
  copyPlane(frame.subarray(2 * plane), tensor.subarray(0, plane))
  copyPlane(frame.subarray(0, plane), tensor.subarray(plane, 2 * plane))
  copyPlane(frame.subarray(plane, 2 * plane), tensor.subarray(2 * plane))
}

function copyPlane(from: Uint8Array, to: Float32Array): void {
  for (let at = 0; at < to.length; at++) to[at] = (from[at] as number) / 255
}
