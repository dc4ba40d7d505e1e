import type { Settings } from '../config/index.ts'
import { EdgeError } from '../domain/index.ts'
import { knownProviders, openModel, openSidecar, tryProvider } from '../inference/index.ts'
import type { Model } from '../inference/index.ts'
import type { Abortable } from '../ports/index.ts'
import { acceleratorSetup } from './accelerator-setup.ts'
import type { Finding } from './finding.ts'
import { resolveModel } from './models.ts'

const footage = { width: 1920, height: 1080 }
const filter = { scoreThreshold: 0.25, iouThreshold: 0.45, maxDetections: 300 }
const cudaMend =
  '`ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js` downloads it.'

/**
 * Runs the usual model with every execution provider that this platform may have, each in a process of its own, and with
 * the detector sidecar where one is configured. Nothing where there is no model to try them with.
 */
export async function* examineProviders(settings: Settings, { signal }: Abortable): AsyncIterable<Finding> {
  const found = await resolveModel(settings, 'yolov5n').catch(() => undefined)
  if (found === undefined) return
  const accelerators = acceleratorSetup(settings)
  const setup = { options: { fp16: false, engineCache: false }, accelerators }
  for (const name of knownProviders(process.platform)) {
    signal?.throwIfAborted()
    const trial = await tryProvider(name, { modelPath: found.path, setup })
    const what = `provider ${name}`
    if (trial.loads)
      yield { what, verdict: 'ok', found: `loads; ${trial.msPerFrame.toFixed(0)} ms/frame in one session` }
    else
      yield {
        ...{ what, verdict: name === 'cpu' ? 'bad' : 'note', found: `does not load: ${trial.reason}` },
        ...(name === 'cuda' ? { mend: cudaMend } : {}),
      }
  }
  if (accelerators.sidecar !== undefined)
    yield await examineSidecar(
      accelerators.sidecar,
      await openModel(found.path, { name: found.name, signal }),
    )
}

/** Starts the program and has it look at one grey frame. */
async function examineSidecar(command: readonly string[], model: Model): Promise<Finding> {
  const what = 'sidecar'
  const sidecar = openSidecar({ command, model, filter })
  try {
    const shape = model.shapeFor(footage)
    const { runner } = await sidecar.take(shape)
    const bytes = (shape.pixelFormat === 'gbrp' ? 3 : 1.5) * shape.width * shape.height
    const startedAtMs = performance.now()
    await runner.ask(new Uint8Array(bytes).fill(114))
    const ms = performance.now() - startedAtMs
    const notes = sidecar.notes?.() ?? []
    return { what, verdict: 'ok', found: [`answers; ${ms.toFixed(0)} ms for a frame`, ...notes].join('; ') }
  } catch (thrown) {
    const error = EdgeError.from(thrown)
    return { what, verdict: 'bad', found: error.message, mend: error.hint }
  } finally {
    await sidecar.close()
  }
}
