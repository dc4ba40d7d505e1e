import { OnnxEngineSpec } from '../../src/domain/index.ts'
import type { DetectSettings } from '../../src/inference/index.ts'

/** Settings of an `onnx` job with defaults for what is left out. */
export function detectSettings(
  settings: Partial<Omit<OnnxEngineSpec, 'policy'>> & { policy?: object } = {},
): DetectSettings {
  const {
    type: _type,
    model: _model,
    ...rest
  } = OnnxEngineSpec.parse({ type: 'onnx', sampleFps: 2, ...settings })
  return rest
}
