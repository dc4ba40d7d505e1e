import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { EdgeError, deviceKey } from '../../domain/index.ts'
import type { EngineWork } from '../../ports/index.ts'
import { errnoOf } from '../../utils/errno.ts'
import { containerDifferences } from './container-differences.ts'
import { containerName, labelNames, parseDevices, parseLogBase } from './container-labels.ts'
import type { LogBase } from './container-labels.ts'
import { containerPayload } from './container-payload.ts'
import type { ContainerUser } from './container-user.ts'
import type { Accelerator } from './devices/accelerator.ts'
import type { DockerEngineInit, DockerSpec } from './docker-engine-init.ts'
import type { ContainerFacts, EngineApi, EngineFacts, ImageFacts } from './engine-api.ts'

export interface ContainerParts {
  readonly init: Pick<DockerEngineInit, 'nodeId' | 'accelerators'>
  readonly api: EngineApi
  readonly facts: EngineFacts
  readonly user: ContainerUser
  readonly work: EngineWork
  readonly engine: DockerSpec
  readonly largestFileBytes: number
  readonly signal: AbortSignal
  readonly obtainImage: () => Promise<ImageFacts>
}

/** A container that is made as it should be; it may not have been started, may run or may have ended. */
export interface ObtainedContainer {
  readonly name: string
  readonly facts: ContainerFacts
  readonly image: ImageFacts
  readonly logBase: LogBase
  /** It was there already: from before the node was restarted. */
  readonly isFound: boolean
}

/** The container of an execution: the one that is there, when it is what it should be, else a new one. */
export async function obtainContainer(parts: ContainerParts): Promise<ObtainedContainer> {
  const { api, work, signal } = parts
  const name = containerName(work.executionId)
  const found = await api.inspect(name, { signal })
  if (found !== undefined) {
    const adopted = await adopt(parts, name, found)
    if (adopted !== undefined) return adopted
    await api.remove(name, { signal })
  }
  return create(parts, name)
}

async function adopt(
  parts: ContainerParts,
  name: string,
  facts: ContainerFacts,
): Promise<ObtainedContainer | undefined> {
  const { api, work, init, signal } = parts
  const labels = facts.Config.Labels ?? {}
  if (!isOf(facts, init.nodeId, work.executionId))
    throw new EdgeError('container_refused', `a container called ${name} is there that is not of this node`)
  const image = await api.inspectImage(facts.Image, { signal })
  if (image === undefined) return undefined
  const given = parseDevices(labels[labelNames.devices])
  const accelerators = init.accelerators.filter(({ id }) => given.includes(id))
  const logBase = parseLogBase(labels[labelNames.logBase])
  const payload = containerPayload({ ...parts, nodeId: init.nodeId, image, accelerators, logBase })
  const differences = containerDifferences(payload, facts)
  if (differences.length === 0) return { name, facts, image, logBase, isFound: true }
  work.onLog({
    stream: 'stderr',
    text: `edge: the container that was there is another: ${differences.join('; ')}`,
  })
  return undefined
}

async function create(parts: ContainerParts, name: string): Promise<ObtainedContainer> {
  const { api, work, init, signal } = parts
  const image = await parts.obtainImage()
  const accelerators = given(work, init.accelerators)
  const logBase = { stdout: await sizeOf(work, 'stdout'), stderr: await sizeOf(work, 'stderr') }
  const payload = containerPayload({ ...parts, nodeId: init.nodeId, image, accelerators, logBase })
  // False when an earlier request was heard although its answer was lost; what is there is looked at all the same. Not
  // aborted: it would be made when nobody waits for it any more.
  await api.create(name, payload)
  const facts = await api.inspect(name, { signal })
  if (facts === undefined)
    throw new EdgeError('engine_crashed', 'the container is gone as soon as it was made')
  const differences = containerDifferences(payload, facts)
  if (differences.length > 0) {
    await api.remove(name, { signal })
    throw new EdgeError(
      'container_refused',
      `the Docker engine made another container than it was asked for; it was not started: ${differences.join('; ')}`,
    )
  }
  return { name, facts, image, logBase, isFound: false }
}

/** Whether a container is this node’s, for this execution. */
export function isOf({ Config }: ContainerFacts, nodeId: string, execution: string): boolean {
  const labels = Config.Labels ?? {}
  return labels[labelNames.node] === nodeId && labels[labelNames.execution] === execution
}

/** How a container gets the devices that the node gave to the execution. */
function given({ devices }: EngineWork, accelerators: readonly Accelerator[]): readonly Accelerator[] {
  return devices.map((device) => {
    const found = accelerators.find((each) => deviceKey(each.device) === deviceKey(device))
    if (found !== undefined) return found
    throw new EdgeError('container_refused', `${device.name} is not in this machine any more`)
  })
}

async function sizeOf({ resultDir }: EngineWork, file: string): Promise<number> {
  try {
    return (await stat(join(resultDir, file))).size
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 0
    throw error
  }
}
