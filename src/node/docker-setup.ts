import type { Settings } from '../config/index.ts'
import { createDockerEngine, findAccelerators } from '../engines/docker/index.ts'
import type { Engine, Log } from '../ports/index.ts'
import { systemClock } from '../utils/system-clock.ts'

type DockerSettings = Pick<Settings, 'dockerHost' | 'dockerPull' | 'jobSelectionAcceptNetworked'>

/** The docker engine as the owner set it up; it is there when a Docker engine answers. */
export async function dockerEngine(
  settings: DockerSettings,
  { nodeId, log }: { readonly nodeId: string; readonly log: Log },
): Promise<Engine> {
  return createDockerEngine({
    address: settings.dockerHost,
    nodeId,
    pull: settings.dockerPull,
    acceptsNetworked: settings.jobSelectionAcceptNetworked,
    accelerators: await findAccelerators(),
    clock: systemClock,
    log: log.child({ component: 'docker' }),
  })
}
