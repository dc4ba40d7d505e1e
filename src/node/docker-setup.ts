import type { Settings } from '../config/index.ts'
import { createDockerEngine, createEventsStage, type Accelerator } from '../engines/docker/index.ts'
import type { MediaTools } from '../media/index.ts'
import type { Engine, Log } from '../ports/index.ts'
import { systemClock } from '../utils/system-clock.ts'

type DockerSettings = Pick<Settings, 'dockerHost' | 'dockerPull'>

interface DockerParts {
  readonly nodeId: string
  readonly accelerators: readonly Accelerator[]
  readonly mediaTools?: MediaTools
  readonly log: Log
}

/**
 * The docker engine as the owner set it up; it is there when a Docker engine answers. Without media
 * tools no events are made of what containers leave.
 */
export function dockerEngine(
  settings: DockerSettings,
  { nodeId, accelerators, mediaTools, log }: DockerParts,
): Engine {
  const own = log.child({ component: 'docker' })
  return createDockerEngine({
    address: settings.dockerHost,
    nodeId,
    pull: settings.dockerPull,
    accelerators,
    ...(mediaTools === undefined ? {} : { afterwards: createEventsStage({ mediaTools, log: own }) }),
    clock: systemClock,
    log: own,
  })
}
