import type { Settings } from '../config/index.ts'
import { createDockerEngine, type Accelerator } from '../engines/docker/index.ts'
import type { Engine, Log } from '../ports/index.ts'
import { systemClock } from '../utils/system-clock.ts'

type DockerSettings = Pick<Settings, 'dockerHost' | 'dockerPull'>

/** The docker engine as the owner set it up; it is there when a Docker engine answers. */
export function dockerEngine(
  settings: DockerSettings,
  {
    nodeId,
    accelerators,
    log,
  }: { readonly nodeId: string; readonly accelerators: readonly Accelerator[]; readonly log: Log },
): Engine {
  return createDockerEngine({
    address: settings.dockerHost,
    nodeId,
    pull: settings.dockerPull,
    accelerators,
    clock: systemClock,
    log: log.child({ component: 'docker' }),
  })
}
