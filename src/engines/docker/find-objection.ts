import { isEdgeError } from '../../domain/index.ts'
import type { JobSpec, Reason } from '../../domain/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { layoutProblem } from './container-mounts.ts'
import type { DockerEngineInit } from './docker-engine-init.ts'
import { EngineRefusal } from './engine-api.ts'
import type { EngineApi } from './engine-api.ts'
import { noPullingText } from './obtain-image.ts'

type Parts = Pick<DockerEngineInit, 'pull'> & {
  readonly api: EngineApi
}

/** Why this node does not take a container job; asks the engine about the image only. */
export async function findObjection(
  parts: Parts,
  spec: JobSpec,
  options: Abortable = {},
): Promise<Reason | undefined> {
  const layout = layoutProblem(spec)
  if (layout !== undefined) return { code: 'duplicate_mount', message: layout }
  return networkObjection(spec) ?? (await imageObjection(parts, spec, options))
}

function networkObjection({ network }: JobSpec): Reason | undefined {
  if (network.mode !== 'http') return undefined
  return {
    code: 'networked_rejected',
    message: 'this version cannot hold a container to named domains; network none or full is possible',
  }
}

async function imageObjection(
  { api, pull }: Parts,
  { engine }: JobSpec,
  options: Abortable,
): Promise<Reason | undefined> {
  if (engine.type !== 'docker' || pull === 'missing') return undefined
  try {
    if ((await api.inspectImage(engine.image, options)) !== undefined) return undefined
    return { code: 'image_unavailable', message: noPullingText(engine.image) }
  } catch (error) {
    if (isEdgeError(error, 'engine_unavailable'))
      return { code: 'engine_unavailable', message: error.message }
    if (error instanceof EngineRefusal) return { code: 'image_unavailable', message: error.message }
    throw error
  }
}
