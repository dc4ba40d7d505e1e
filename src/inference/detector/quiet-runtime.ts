/**
 * ONNX Runtime tells its maker of sessions, models and machine over the network, from 1.29 on also on Linux, unless this
 * variable is set when it is loaded. To be called in the main thread of a process (the environment of a worker is a copy)
 * before it makes a worker or a child that loads the runtime, or loads it itself.
 */
export function quietRuntime(): void {
  process.env['ORT_DISABLE_TELEMETRY'] = '1'
}
