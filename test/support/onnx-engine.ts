import { EdgeError } from '../../src/domain/index.ts'
import { createOnnxEngine } from '../../src/engines/onnx/index.ts'
import { locateMediaTools } from '../../src/media/index.ts'
import type { Engine, PreparedInput } from '../../src/ports/index.ts'
import { QuietLog } from './quiet-log.ts'
import { samplePath } from './sample.ts'

/** The real engine; it knows `yolov5n` and paths. */
export async function testOnnxEngine(log = new QuietLog()): Promise<Engine> {
  return createOnnxEngine({
    resolveModel: (named) => {
      if (named === 'yolov5n') return Promise.resolve({ name: named, path: samplePath('models/yolov5n.pt') })
      if (named.startsWith('/')) return Promise.resolve({ name: 'own', path: named })
      return Promise.reject(new EdgeError('model_invalid', `no model ${named}`))
    },
    mediaTools: await locateMediaTools(),
    log,
  })
}

/** Footage at this path, mounted as /videos. */
export function videosAt(hostPath: string): readonly PreparedInput[] {
  return [{ hostPath, target: '/videos', readOnly: true }]
}
