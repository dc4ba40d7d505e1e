import type { Settings } from '../config/index.ts'
import { createDockerEngine, createEventsStage, findAccelerators } from '../engines/docker/index.ts'
import type { MediaTools } from '../media/index.ts'
import type { Engine, Log } from '../ports/index.ts'
import { systemClock } from '../utils/system-clock.ts'

type DockerSettings = Pick<Settings, 'dockerHost' | 'dockerPull' | 'jobSelectionAcceptNetworked'>

/**
 * The docker engine as the owner set it up; it is there when a Docker engine answers. Without media
 * tools no events are made of what containers leave.
 */
export async function dockerEngine(
  settings: DockerSettings,
  {
    nodeId,
    mediaTools,
    log,
  }: { readonly nodeId: string; readonly mediaTools?: MediaTools; readonly log: Log },
): Promise<Engine> {
  const own = log.child({ component: 'docker' })
  return createDockerEngine({
    address: settings.dockerHost,
    nodeId,
    pull: settings.dockerPull,
    acceptsNetworked: settings.jobSelectionAcceptNetworked,
    accelerators: await findAccelerators(),
    ...(mediaTools === undefined ? {} : { afterwards: createEventsStage({ mediaTools, log: own }) }),
    clock: systemClock,
    log: own,
  })
}
