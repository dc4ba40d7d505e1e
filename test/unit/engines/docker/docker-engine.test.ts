import { describe, expect, it } from 'vitest'
import { DockerEngineSpec } from '../../../../src/domain/index.ts'
import { EngineRefusal, type ContainerEvent } from '../../../../src/engines/docker/engine-api.ts'
import { recordedWork } from '../../../conformance/engine.ts'
import { testDockerEngine } from '../../../support/docker-work.ts'
import { FakeDocker } from '../../../support/fake-docker.ts'

const spec = DockerEngineSpec.parse({ type: 'docker', image: 'site/work' })
const never = { signal: new AbortController().signal }
const address = 'tcp://127.0.0.1:1'

describe('the docker engine', () => {
  it.each([
    [
      'unix:///nowhere/docker.sock',
      /^the Docker engine at unix:.* does not answer: there is no such socket; /,
    ],
    ['tcp://127.0.0.1:1', /^the Docker engine at tcp:.* does not answer: nothing listens there; /],
    ['tcp://10.0.0.5:2375', /is another machine: containers would see its folders/],
    ['ssh://root@cam', /is neither unix:/],
  ])('says in one line why it is not there at %s', async (at, line) => {
    const { available, detail } = await testDockerEngine(at).status()
    expect(available).toBe(false)
    expect(detail).toMatch(line)
    expect(detail).not.toContain('\n')
  })

  it('lets what comes afterwards look at the outputs and change the outcome', async () => {
    const api = new FakeDocker()
    const engine = testDockerEngine(
      address,
      {
        afterwards: ({ outputsDir }, outcome) =>
          Promise.resolve({ ...outcome, events: outputsDir === '' ? 0 : 3 }),
      },
      api,
    )
    expect((await engine.run(await recordedWork(spec, []), never)).events).toBe(3)
  })

  it('makes no second container when the node died after the first had ended', async () => {
    const api = new FakeDocker()
    const work = await recordedWork(spec, [])
    const first = await testDockerEngine(address, {}, api).run(work, never)
    expect(api.calls).toEqual(['create', 'start', 'remove'])
    expect(await testDockerEngine(address, {}, api).run(work, never)).toEqual(first)
    expect(api.calls).toEqual(['create', 'start', 'remove', 'remove'])
  })

  it('leaves alone a container of its name that is not its own', async () => {
    const api = new FakeDocker()
    const work = await recordedWork(spec, [])
    api.twist = (facts) => ({ ...facts, Config: { ...facts.Config, Labels: { 'edge.node': 'another' } } })
    const engine = testDockerEngine(address, {}, api)
    await expect(engine.run(work, never)).rejects.toMatchObject({ code: 'container_refused' })
    api.calls.length = 0
    await api.create(`edge-${work.executionId}`, { Image: 'x' })
    await expect(engine.run(work, never)).rejects.toMatchObject({ code: 'container_refused' })
    expect(api.calls).toEqual(['create'])
  })

  it.each([
    ['15', 'crashed'],
    ['9', 'crashed'],
    ['10', 'ended'],
    ['1', 'ended'],
  ])('after signal %s from outside, work has %s', async (signal, end) => {
    const api = new FakeDocker()
    api.events = async function* () {
      await Promise.resolve()
      yield { Action: 'kill', Actor: { Attributes: { signal } } } satisfies ContainerEvent
      yield { Action: 'die' }
    }
    const run = testDockerEngine(address, {}, api).run(await recordedWork(spec, []), never)
    if (end === 'crashed') await expect(run).rejects.toMatchObject({ code: 'engine_crashed' })
    else expect((await run).exitCode).toBe(0)
  })

  it('removes a container that could not be removed when its work was over, once the engine answers', async () => {
    const api = new FakeDocker()
    api.start = () => Promise.reject(new EngineRefusal(500, 'no such device'))
    api.remove = () => Promise.reject(new EngineRefusal(500, 'the disk is busy'))
    const engine = testDockerEngine(address, {}, api)
    await expect(engine.run(await recordedWork(spec, []), never)).rejects.toMatchObject({
      code: 'container_refused',
    })
    const removed: string[] = []
    api.list = () =>
      Promise.resolve([...api.containers.keys()].map((name) => ({ Names: [`/${name}`], State: 'running' })))
    api.remove = (name) => {
      removed.push(name)
      return Promise.resolve()
    }
    expect((await engine.status()).available).toBe(true)
    expect(removed).toEqual([...api.containers.keys()])
  })

  it('leaves alone the container of work that begins during a sweep', async () => {
    const api = new FakeDocker()
    const work = await recordedWork(spec, [])
    const engine = testDockerEngine(address, {}, api)
    const made = Promise.withResolvers<undefined>()
    const swept = Promise.withResolvers<undefined>()
    const start = api.start.bind(api)
    api.start = async (name) => {
      made.resolve(undefined)
      await swept.promise
      await start(name)
    }
    let running: Promise<unknown> | undefined
    api.list = async () => {
      // The work asks for a sweep, too.
      if (running !== undefined) return []
      running = engine.run(work, never)
      await made.promise
      return [{ Names: [`/edge-${work.executionId}`], State: 'created' }]
    }
    await engine.sweep?.(new Set())
    expect(api.calls).toEqual(['create'])
    swept.resolve(undefined)
    await running
  })
})
