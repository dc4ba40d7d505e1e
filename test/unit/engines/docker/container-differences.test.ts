import { describe, expect, it } from 'vitest'
import { containerDifferences } from '../../../../src/engines/docker/container-differences.ts'
import { containerPayload } from '../../../../src/engines/docker/container-payload.ts'
import type { ContainerFacts, Payload } from '../../../../src/engines/docker/engine-api.ts'
import { createDockerEngine } from '../../../../src/engines/docker/index.ts'
import { DockerEngineSpec } from '../../../../src/domain/index.ts'
import { systemClock } from '../../../../src/utils/system-clock.ts'
import { recordedWork } from '../../../conformance/engine.ts'
import { capableEngine, FakeDocker, madeAs, plainImage } from '../../../support/fake-docker.ts'
import { QuietLog } from '../../../support/quiet-log.ts'

const engine = DockerEngineSpec.parse({ type: 'docker', image: 'site/work', command: ['run'] })

async function payloadOf(
  inputs = [{ hostPath: '/mnt/cam', target: '/videos', readOnly: true }],
): Promise<Payload> {
  return containerPayload({
    work: await recordedWork(engine, inputs),
    engine,
    image: plainImage,
    facts: capableEngine,
    nodeId: 'n',
    user: { text: '1000:1000' },
    accelerators: [],
    logBase: { stdout: 0, stderr: 0 },
    largestFileBytes: 1000,
  })
}

const host =
  (change: object) =>
  (facts: ContainerFacts): ContainerFacts => ({ ...facts, HostConfig: { ...facts.HostConfig, ...change } })

describe('what a container is compared by', () => {
  it('finds nothing in a container that is as asked, whatever the image adds', async () => {
    const payload = await payloadOf()
    expect(containerDifferences(payload, madeAs(payload))).toEqual([])
  })

  it('finds nothing in the intervals of a health check that is switched off', async () => {
    const payload = await payloadOf()
    const made = madeAs(payload)
    const withTest = (Test: readonly string[]): ContainerFacts => ({
      ...made,
      Config: { ...made.Config, Healthcheck: { Test, Interval: 30e9, Retries: 3 } },
    })
    expect(containerDifferences(payload, withTest(['NONE']))).toEqual([])
    expect(containerDifferences(payload, withTest(['CMD', 'true']))).toHaveLength(1)
  })

  it.each([
    ['privileges', host({ Privileged: true })],
    ['capabilities', host({ CapAdd: ['SYS_ADMIN'] })],
    ['kept capabilities', host({ CapDrop: null })],
    ['binds', host({ Binds: ['/:/host'] })],
    ['the machine’s processes', host({ PidMode: 'host' })],
    ['another network', host({ NetworkMode: 'host' })],
    ['no memory limit', host({ Memory: 0 })],
    ['swap', host({ MemorySwap: -1 })],
    ['no limit of processes', host({ PidsLimit: null })],
    ['a writable root', host({ ReadonlyRootfs: false })],
    ['new privileges', host({ SecurityOpt: [] })],
    ['no seccomp', host({ SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'] })],
    ['a device', host({ Devices: [{ PathOnHost: '/dev/sda' }] })],
    ['all GPUs', host({ DeviceRequests: [{ Count: -1 }] })],
    ['bare kernel files', host({ MaskedPaths: [] })],
    ['another image', (facts: ContainerFacts) => ({ ...facts, Image: 'sha256:cc' })],
    ['another user', (facts: ContainerFacts) => ({ ...facts, Config: { ...facts.Config, User: 'root' } })],
    ['another command', (facts: ContainerFacts) => ({ ...facts, Config: { ...facts.Config, Cmd: ['x'] } })],
    [
      'a volume',
      (facts: ContainerFacts) => ({
        ...facts,
        Mounts: [...facts.Mounts, { Type: 'volume', Source: '/v', Destination: '/v', RW: true }],
      }),
    ],
    [
      'a writable input',
      (facts: ContainerFacts) => ({ ...facts, Mounts: facts.Mounts.map((one) => ({ ...one, RW: true })) }),
    ],
  ])('sees %s', async (_, twist) => {
    const payload = await payloadOf()
    expect(containerDifferences(payload, twist(madeAs(payload)))).toHaveLength(1)
  })
})

describe('an engine that makes another container than it was asked for', () => {
  it('has it removed; it is never started, and the error names each difference', async () => {
    const api = new FakeDocker()
    api.twist = host({ Privileged: true, PidMode: 'host' })
    const docker = createDockerEngine(
      {
        address: 'tcp://127.0.0.1:1',
        nodeId: 'n',
        pull: 'never',
        accelerators: [],
        clock: systemClock,
        log: new QuietLog(),
        self: { uid: 1000, gid: 1000 },
      },
      api,
    )
    const work = await recordedWork(engine, [])
    const run = docker.run(work, { signal: new AbortController().signal })
    await expect(run).rejects.toMatchObject({
      code: 'container_refused',
      message: expect.stringMatching(/Privileged is true.*PidMode is "host"/) as unknown,
    })
    expect(api.calls).toEqual(['create', 'remove'])
    api.twist = (facts) => facts
    expect((await docker.run(work, { signal: new AbortController().signal })).exitCode).toBe(0)
    expect(work.lines).toContainEqual({ stream: 'stdout', text: 'said' })
  })
})
