import { quietRuntime } from './quiet-runtime.ts'

/** What ONNX Runtime says of itself. Loads native code: not to be called in a process that must not die. */
export async function describeRuntime(): Promise<{ version: string; providers: string[] }> {
  quietRuntime()
  const { default: ort } = await import('onnxruntime-node')
  return {
    version: ort.env.versions.node ?? ort.env.versions.common,
    providers: ort.listSupportedBackends().map(({ name }) => name),
  }
}
