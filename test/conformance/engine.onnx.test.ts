import { OnnxEngineSpec } from '../../src/domain/index.ts'
import { testOnnxEngine, videosAt } from '../support/onnx-engine.ts'
import { samplePath } from '../support/sample.ts'
import { describeEngine } from './engine.ts'

const spec = (changes: object): OnnxEngineSpec =>
  OnnxEngineSpec.parse({ type: 'onnx', sampleFps: 1, ...changes })

describeEngine('onnx', async () => ({
  engine: await testOnnxEngine(),
  good: spec({}),
  endless: spec({ sampleFps: 100 }),
  impossible: spec({ model: 'nowhere' }),
  inputs: videosAt(samplePath('videos/horses.mp4')),
  endlessInputs: videosAt(samplePath('videos/one-by-one-person-detection.mp4')),
  hasBegun: ({ progress }) => progress.some(({ framesDone }) => framesDone > 0),
}))
