import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EngineFacts } from './engine-api.ts'
import type { ContainerUser } from './container-user.ts'
import type { DockerSpec } from './docker-engine-init.ts'
import type { EngineWork } from '../../ports/index.ts'
import type { ObtainedContainer } from './obtain-container.ts'
import { digestOf } from './obtain-image.ts'

interface FileParts {
  readonly work: EngineWork
  readonly engine: DockerSpec
  readonly facts: EngineFacts
  readonly user: ContainerUser
}

/** Leaves in the result what ran: `engine.json` with the image by name, id and digest. */
export async function writeEngineFile(
  { work, engine, facts, user }: FileParts,
  { image }: Pick<ObtainedContainer, 'image'>,
): Promise<void> {
  const digest = digestOf(image)
  const told = {
    engine: 'docker',
    version: facts.ServerVersion,
    image: engine.image,
    imageId: image.Id,
    ...(digest === undefined ? {} : { digest }),
    user: user.text,
    network: work.spec.network.mode,
  }
  await writeFile(join(work.resultDir, 'engine.json'), `${JSON.stringify(told, null, 2)}\n`, { mode: 0o600 })
}
