import { EdgeError, isEdgeError } from '../../domain/index.ts'
import type { EngineSpec, JobSpec, OnnxEngineSpec, Reason } from '../../domain/index.ts'
import { describeRuntimeApart, lookedForClassIds, openModel, withPrecision } from '../../inference/index.ts'
import type { Abortable, Engine, EngineStatus } from '../../ports/index.ts'
import type { OnnxEngineInit } from './onnx-engine-init.ts'
import { runWork } from './run-work.ts'

/** The engine `onnx`. Work with a model or a policy that cannot be honoured ends with exit code 1 and the reason. */
export function createOnnxEngine(init: OnnxEngineInit): Engine {
  const log = init.log.child({ component: 'onnx-engine' })
  let description: Promise<string> | undefined
  const describe = (): Promise<string> => {
    description ??= describeRuntimeApart(log).then(
      ({ version, providers }) => `ONNX Runtime ${version} (${providers.join(', ')})`,
    )
    // A runtime that did not load once is asked again.
    description.catch(() => (description = undefined))
    return description
  }
  return {
    type: 'onnx',
    status: () => status(describe, init),
    objection: (spec, options) => objection(spec, init, options),
    run: async (work, { signal }) => runWork({ ...init, log }, work, onnxSpec(work.spec.engine), signal),
  }
}

async function status(runtime: () => Promise<string>, { mediaTools }: OnnxEngineInit): Promise<EngineStatus> {
  try {
    const { ffmpeg } = mediaTools
    return {
      available: true,
      detail: `${await runtime()}, ffmpeg ${ffmpeg.version} (${ffmpeg.origin})`.slice(0, 200),
    }
  } catch (error) {
    const { code, message } = EdgeError.from(error)
    return { available: false, detail: `${code}: ${message}`.slice(0, 200) }
  }
}

async function objection(
  { engine }: JobSpec,
  { resolveModel }: OnnxEngineInit,
  options: Abortable = {},
): Promise<Reason | undefined> {
  const spec = onnxSpec(engine)
  try {
    const { path, name, rangesDir } = await resolveModel(spec.model, options)
    const model = await openModel(path, { ...options, name, imageSize: spec.imageSize })
    lookedForClassIds(spec, await withPrecision(model, { ...spec, rangesDir }))
    return undefined
  } catch (error) {
    options.signal?.throwIfAborted()
    if (!isEdgeError(error)) throw error
    return { code: 'model_unavailable', message: error.message.slice(0, 4000) }
  }
}

function onnxSpec(spec: EngineSpec): OnnxEngineSpec {
  if (spec.type !== 'onnx') throw new EdgeError('internal', `the onnx engine was given ${spec.type} work`)
  return spec
}
