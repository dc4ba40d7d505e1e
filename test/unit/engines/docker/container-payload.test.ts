import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DockerEngineSpec, JobSpec } from '../../../../src/domain/index.ts'
import { layoutProblem } from '../../../../src/engines/docker/container-mounts.ts'
import { containerPayload } from '../../../../src/engines/docker/container-payload.ts'
import { containerUser } from '../../../../src/engines/docker/container-user.ts'
import type { EngineFacts, ImageFacts, Payload } from '../../../../src/engines/docker/engine-api.ts'
import { recordedWork } from '../../../conformance/engine.ts'
import { capableEngine, plainImage } from '../../../support/fake-docker.ts'

async function payload(
  change: object = {},
  { facts = capableEngine, image = plainImage }: { facts?: EngineFacts; image?: ImageFacts } = {},
): Promise<Payload> {
  const spec = JobSpec.parse({ apiVersion: 'edge/v1', engine: { type: 'docker', image: 'w' }, ...change })
  if (spec.engine.type !== 'docker') throw new Error('not reached')
  const inputs = [{ hostPath: '/mnt/a:b', target: '/videos', readOnly: true }]
  const work = { ...(await recordedWork(spec.engine, inputs)), spec }
  const [user, accelerators, logBase] = [{ text: '1:1' }, [], { stdout: 0, stderr: 0 }]
  const parts = { facts, image, nodeId: 'n', user, accelerators, logBase, largestFileBytes: 1 }
  return containerPayload({ work, engine: spec.engine, ...parts })
}

describe('the payload of a container', () => {
  it('is the same in everything that could give a container more, whatever a spec says', async () => {
    const words = fc.array(fc.string({ maxLength: 20 }), { maxLength: 5 })
    const program = fc.array(fc.string({ maxLength: 20 }), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(
        words,
        program,
        fc.dictionary(fc.stringMatching(/^[A-Z_]{1,9}$/), fc.string()),
        async (a, b, env) => {
          const engine = DockerEngineSpec.parse({ type: 'docker', image: 'w', command: a, entrypoint: b })
          const { HostConfig, User } = await payload({ engine, env })
          const plain = await payload()
          // The folders of outputs are each work’s own.
          const constant = ({ Mounts: _, ...host }: NonNullable<Payload['HostConfig']>): object => host
          expect(constant(HostConfig ?? {})).toEqual(constant(plain.HostConfig ?? {}))
          expect(User).toBe('1:1')
        },
      ),
      { numRuns: 50 },
    )
  })

  it('takes all privileges, and mounts by Mounts with inputs that cannot be written', async () => {
    const { HostConfig } = await payload()
    expect(HostConfig).toMatchObject({
      Privileged: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      NetworkMode: 'none',
      Init: true,
    })
    expect(HostConfig?.Binds).toBeUndefined()
    const mounts = HostConfig?.Mounts ?? []
    expect(mounts[0]).toMatchObject({ Type: 'bind', Source: '/mnt/a:b', Target: '/videos', ReadOnly: true })
    expect(mounts.map(({ Type, Target }) => `${Type} ${Target}`)).toEqual([
      'bind /videos',
      'bind /outputs',
      'tmpfs /tmp',
    ])
  })

  it('covers volumes of the image by memory', async () => {
    const image = { ...plainImage, Config: { Volumes: { '/data': {}, '/outputs': {} } } }
    const { HostConfig } = await payload({}, { image })
    expect(HostConfig?.Mounts?.map(({ Target }) => Target)).toEqual(['/videos', '/outputs', '/tmp', '/data'])
  })

  it('limits what the kernel can limit', async () => {
    const resources = { cpu: 1.5, memoryBytes: 2 ** 30 }
    const limited = (await payload({ resources })).HostConfig
    expect(limited).toMatchObject({ Memory: 2 ** 30, MemorySwap: 2 ** 30, NanoCpus: 1.5e9, PidsLimit: 512 })
    const noSwap = (await payload({ resources }, { facts: { ...capableEngine, SwapLimit: false } }))
      .HostConfig
    expect(noSwap).toMatchObject({ Memory: 2 ** 30, MemorySwap: -1 })
    const none = { ...capableEngine, MemoryLimit: false }
    expect((await payload({ resources }, { facts: none })).HostConfig).not.toHaveProperty('Memory')
  })

  it('gives a home only where neither job nor image has one', async () => {
    expect((await payload()).Env).toEqual(['HOME=/tmp'])
    expect((await payload({ env: { HOME: '/x' } })).Env).toEqual(['HOME=/x'])
    const image = { ...plainImage, Config: { Env: ['HOME=/work'] } }
    expect((await payload({}, { image })).Env).toEqual([])
  })
})

describe('as whom a container runs', () => {
  it('is the node’s user, nobody for a node that is root, and the engine’s own without root', () => {
    expect(containerUser(capableEngine, { uid: 1000, gid: 100 })).toEqual({ text: '1000:100' })
    expect(containerUser(capableEngine, { uid: 0, gid: 0 })).toEqual({
      text: '65534:65534',
      owner: { uid: 65_534, gid: 65_534 },
    })
    const rootless = { ...capableEngine, SecurityOptions: ['name=rootless'] }
    expect(containerUser(rootless, { uid: 1000, gid: 100 })).toEqual({ text: '0:0' })
    const mapped = { ...capableEngine, SecurityOptions: ['name=userns'] }
    expect(() => containerUser(mapped, { uid: 1000, gid: 100 })).toThrow('userns-remap')
  })
})

describe('where inputs and outputs may be', () => {
  const problem = (
    inputs: readonly string[],
    outputs: readonly (readonly [string, string])[],
  ): string | undefined =>
    layoutProblem({
      inputs: inputs.map((target) => ({
        source: { type: 'localDirectory', path: '/x', readWrite: false },
        target,
      })),
      outputs: outputs.map(([name, path]) => ({ name, path })),
    })

  it('is any place of their own', () => {
    expect(problem(['/videos', '/models'], [['outputs', '/outputs']])).toBeUndefined()
    expect(problem([], [['a', '/tmp/a']])).toBeUndefined()
  })

  it.each([
    [['/videos'], [['outputs', '/videos/out']]],
    [['/a/b'], [['outputs', '/a']]],
    [
      [],
      [
        ['a', '/x'],
        ['b', '/x/'],
      ],
    ],
    [
      [],
      [
        ['a', '/x'],
        ['a', '/y'],
      ],
    ],
    [['/proc'], []],
    [['/dev/shm'], []],
    [['/etc'], []],
    [['/'], []],
    [[], [['engine.json', '/x']]],
  ] as const)('is not %j with %j', (inputs, outputs) => {
    expect(problem(inputs, outputs)).toMatch(/^(the|an|two) /)
  })
})
