/**
 * A detector program beside ONNX Runtime, for accelerators that it has no provider for: one framed protocol over stdin
 * and stdout (docs/sidecar.md), the process with its limits, and the pictures and boxes on both sides of it.
 */
export { openSidecar } from './open-sidecar.ts'
