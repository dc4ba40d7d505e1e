import { EdgeError } from '../../domain/index.ts'
import type { Abortable, Clock, EngineWork } from '../../ports/index.ts'
import { EngineRefusal } from './engine-api.ts'
import type { EngineApi, ImageFacts, PullStep } from './engine-api.ts'

interface ImageParts {
  readonly api: EngineApi
  readonly clock: Clock
  readonly pull: 'missing' | 'never'
}

/** What a registry may answer differently a moment later. */
const attempts = 3
const pauseMs = 2000

/** The image, from this machine if it is there, else pulled, with a line for each step. Throws `image_missing`. */
export async function obtainImage(
  { api, clock, pull }: ImageParts,
  reference: string,
  { onLog }: Pick<EngineWork, 'onLog'>,
  options: Abortable,
): Promise<ImageFacts> {
  const there = await api.inspectImage(reference, options)
  if (there !== undefined) return there
  if (pull === 'never') throw new EdgeError('image_missing', noPullingText(reference))
  const full = withTag(reference)
  for (let attempt = 1; ; attempt++) {
    try {
      onLog({ stream: 'stderr', text: `edge: pulling ${full}` })
      await api.pull(full, stepPrinter(onLog), options)
      break
    } catch (error) {
      if (!(error instanceof EngineRefusal)) throw error
      if (attempt === attempts || isFinal(error))
        throw new EdgeError('image_missing', `cannot pull ${full}: ${error.message}`, { cause: error })
      onLog({ stream: 'stderr', text: `edge: ${error.message}; pulling again` })
      await clock.sleep(pauseMs * attempt, options)
    }
  }
  const pulled = await api.inspectImage(reference, options)
  if (pulled === undefined)
    throw new EdgeError('image_missing', `${full} was pulled, but the engine does not have it`)
  return pulled
}

export function noPullingText(reference: string): string {
  return `the image ${reference} is not on this node, whose owner does not let images be pulled`
}

/** Without a tag an engine would pull every one there is. */
function withTag(reference: string): string {
  const last = reference.slice(reference.lastIndexOf('/') + 1)
  return last.includes(':') || last.includes('@') ? reference : `${reference}:latest`
}

/** A registry that says what it has said for good. */
function isFinal({ status, message }: EngineRefusal): boolean {
  return (
    [400, 401, 403, 404].includes(status) ||
    /manifest unknown|not found|denied|unauthorized|no matching manifest/i.test(message)
  )
}

/** A line for each new state of each layer; how far it is within one is left out. */
function stepPrinter(onLog: EngineWork['onLog']): (step: PullStep) => void {
  const said = new Map<string, string>()
  return ({ id = '', status }) => {
    if (status === undefined || said.get(id) === status) return
    said.set(id, status)
    onLog({ stream: 'stderr', text: `edge: ${id === '' ? '' : `${id}: `}${status}` })
  }
}

/** The digest by which a registry knows it; undefined for an image that came from none. */
export function digestOf({ RepoDigests }: ImageFacts): string | undefined {
  return RepoDigests?.[0]
}
