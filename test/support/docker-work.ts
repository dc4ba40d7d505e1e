import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { JobSpec } from '../../src/domain/index.ts'
import type { ExecutionId, JobSpecInput, LogLine } from '../../src/domain/index.ts'
import { createDockerEngine } from '../../src/engines/docker/index.ts'
import type { EngineApi } from '../../src/engines/docker/engine-api.ts'
import type { DockerEngineInit } from '../../src/engines/docker/index.ts'
import type { Engine } from '../../src/ports/index.ts'
import { systemClock } from '../../src/utils/system-clock.ts'
import { recordedWork } from '../conformance/engine.ts'
import type { RecordedWork } from '../conformance/engine.ts'
import { testImage } from './dockerd.ts'
import { QuietLog } from './quiet-log.ts'

/** An adapter for this engine, in no hurry to give up and quick to look. */
export function testDockerEngine(
  address: string,
  change: Partial<DockerEngineInit> = {},
  api?: EngineApi,
): Engine {
  const init: DockerEngineInit = {
    address,
    nodeId: 'node-of-the-tests',
    pull: 'missing',
    accelerators: [],
    clock: systemClock,
    log: new QuietLog(),
    ...change,
    timings: { pollMs: 300, stopGraceMs: 1000, measureMs: 100, reconnectMs: 200, ...change.timings },
  }
  return createDockerEngine(init, api)
}

/** Work of an execution of its own that runs a shell script in the test image. */
export async function scriptWork(script: string, spec: Partial<JobSpecInput> = {}): Promise<RecordedWork> {
  const job = JobSpec.parse({
    apiVersion: 'edge/v1',
    engine: { type: 'docker', image: testImage, command: ['sh', '-c', script] },
    ...spec,
  })
  const work = await recordedWork(job.engine, [])
  return { ...work, spec: job, executionId: `e-${randomUUID()}` as ExecutionId }
}

/** The docker command against the engine at this address. */
export async function docker(address: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, DOCKER_HOST: address }
  const { stdout } = await promisify(execFile)('docker', [...args], { env })
  return stdout.trim()
}

/** Keeps what work prints in the files of its result, as a node does. */
export function keepLog({ resultDir }: Pick<RecordedWork, 'resultDir'>): {
  readonly stdout: string[]
  readonly stderr: string[]
  readonly write: (line: LogLine) => void
  readonly flush: () => Promise<void>
} {
  const kept = { stdout: [] as string[], stderr: [] as string[] }
  let writing = Promise.resolve()
  return {
    ...kept,
    write: ({ stream, text }) => {
      kept[stream].push(text)
      writing = writing.then(() => appendFile(join(resultDir, stream), `${text}\n`))
    },
    flush: () => writing,
  }
}
