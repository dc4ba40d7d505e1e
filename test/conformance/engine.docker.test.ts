import { describe } from 'vitest'
import { testDockerEngine } from '../support/docker-work.ts'
import { sharedDocker } from '../support/docker-engine.ts'
import { testImage } from '../support/dockerd.ts'
import { DockerEngineSpec } from '../../src/domain/index.ts'
import { describeEngine } from './engine.ts'

const address = await sharedDocker()
const spec = (...command: string[]): DockerEngineSpec =>
  DockerEngineSpec.parse({ type: 'docker', image: testImage, command })

describe.skipIf(address === undefined)('with a Docker engine', () => {
  describeEngine('docker', () =>
    Promise.resolve({
      engine: testDockerEngine(address ?? '', { pull: 'never' }),
      good: spec('sh', '-c', 'echo done; echo careful >&2; echo here > /outputs/file'),
      endless: spec('sh', '-c', 'echo begun; sleep 10000'),
      impossible: DockerEngineSpec.parse({ type: 'docker', image: 'edge-test/nowhere' }),
      inputs: [],
      hasBegun: ({ lines }) => lines.some(({ text }) => text === 'begun'),
    }),
  )
})
