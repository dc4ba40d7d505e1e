import { mkdtemp, readFile, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EdgeError } from '../../../src/domain/index.ts'
import type { EngineOutcome } from '../../../src/ports/index.ts'
import { sharedDocker } from '../../support/docker-engine.ts'
import { docker, keepLog, scriptWork, testDockerEngine } from '../../support/docker-work.ts'
import { startDockerd } from '../../support/dockerd.ts'
import type { Dockerd } from '../../support/dockerd.ts'
import { eventually } from '../../support/eventually.ts'
import type { RecordedWork } from '../../conformance/engine.ts'

const isThere = (await sharedDocker()) !== undefined
const never = new AbortController().signal

describe.skipIf(!isThere)('a Docker engine that comes and goes', () => {
  let dockerd: Dockerd
  beforeAll(async () => {
    dockerd = await startDockerd(await realpath(await mkdtemp(join(tmpdir(), 'edge-outage-'))))
  })
  afterAll(() => dockerd.remove())

  const begin = (
    work: RecordedWork,
    signal = never,
  ): { readonly ended: Promise<EngineOutcome | EdgeError>; readonly work: RecordedWork } => ({
    work,
    ended: testDockerEngine(dockerd.address)
      .run(work, { signal })
      .catch((error: unknown) => EdgeError.from(error)),
  })
  const texts = ({ lines }: RecordedWork): string[] => lines.map(({ text }) => text)
  const hasSaid = (work: RecordedWork, text: string): Promise<true> =>
    eventually(() => texts(work).includes(text) || undefined).then(() => true)
  const containers = (): Promise<string> => dockerd.docker('ps', '-a', '--format', '{{.Names}}')

  it('pulls an image that is not there, tells of each layer, and names its digest in the result', async () => {
    const registry = dockerd.spawnBeside(
      process.execPath,
      join(import.meta.dirname, '../../support/registry-child.ts'),
      '5055',
    )
    try {
      const engine = { type: 'docker' as const, image: '127.0.0.1:5055/work:v1', command: ['/nowhere'] }
      // Its layers hold no program; that it was pulled is all there is to see.
      const { work, ended } = begin(await scriptWork('', { engine }))
      expect(await ended).toMatchObject({ exitCode: 127 })
      const said = texts(work).join('\n')
      expect(said).toContain('edge: pulling 127.0.0.1:5055/work:v1')
      expect(said.match(/^edge: [0-9a-f]{12}: Pull complete$/gm)).toHaveLength(2)
      const told = JSON.parse(await readFile(join(work.resultDir, 'engine.json'), 'utf8')) as {
        digest: string
      }
      expect(told.digest).toMatch(/^127\.0\.0\.1:5055\/work@sha256:[0-9a-f]{64}$/)
    } finally {
      registry.kill('SIGKILL')
    }
  })

  it('is down: status says so in one line, and work waits until it is up', async () => {
    await dockerd.shutDown()
    const status = await testDockerEngine(dockerd.address).status()
    expect(status.available).toBe(false)
    expect(status.detail).toMatch(/^the Docker engine at unix:.* does not answer: [^\n]+$/)
    const { work, ended } = begin(await scriptWork('echo up'))
    await eventually(() => texts(work).some((text) => text.endsWith('waiting for it')))
    await dockerd.start()
    expect(await ended).toMatchObject({ exitCode: 0 })
    expect(texts(work)).toContain('up')
  })

  it('is killed and started again while a container works: the work has crashed, and nothing of it is left', async () => {
    const { work, ended } = begin(await scriptWork('echo begun; sleep 1000'))
    await hasSaid(work, 'begun')
    await dockerd.kill()
    await eventually(() => texts(work).some((text) => text.endsWith('waiting for it')))
    await dockerd.start()
    expect(await ended).toMatchObject({ code: 'engine_crashed' })
    expect(await containers()).toBe('')
    const again = begin({ ...work, spec: (await scriptWork('echo again')).spec })
    expect(await again.ended).toMatchObject({ exitCode: 0 })
  })

  it('is shut down while a container works: the work has crashed, not failed', async () => {
    const { work, ended } = begin(
      await scriptWork('trap "exit 0" TERM; echo begun; while true; do sleep 0.1; done'),
    )
    await hasSaid(work, 'begun')
    await dockerd.shutDown()
    await dockerd.start()
    expect(await ended).toMatchObject({ code: 'engine_crashed' })
    expect(await containers()).toBe('')
  })

  it('is slow when work is cancelled: no container is left, wherever the cancel came', async () => {
    for (const afterMs of [0, 30, 60, 120, 250, 400]) {
      const stop = new AbortController()
      const reason = new Error('enough')
      const work = await scriptWork('sleep 1000')
      const ended = testDockerEngine(dockerd.address).run(work, { signal: stop.signal })
      setTimeout(() => {
        stop.abort(reason)
      }, afterMs)
      await expect(ended).rejects.toBe(reason)
      expect(await containers()).toBe('')
    }
  })

  it('is restarted with the node, as at a reboot: what ended meanwhile has crashed, whatever its exit code', async () => {
    const stop = new AbortController()
    const script = 'trap "exit 0" TERM; echo begun; while true; do sleep 0.1; done'
    const { work, ended } = begin(await scriptWork(script), stop.signal)
    await hasSaid(work, 'begun')
    stop.abort(new Error('stopped: shutdown', { cause: { kind: 'shutdown' } }))
    await ended
    await dockerd.shutDown()
    await dockerd.start()
    expect(await begin(work).ended).toMatchObject({ code: 'engine_crashed' })
    expect(await containers()).toBe('')
  })
})

describe.skipIf(!isThere)('a Docker engine with live-restore', () => {
  it('is killed and started again: the container goes on, and no line of its log is doubled or lost', async () => {
    const directory = await realpath(await mkdtemp(join(tmpdir(), 'edge-outage-')))
    const dockerd = await startDockerd(directory, ['--live-restore'])
    try {
      const script = 'i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo line $i; sleep 0.1; done; exit 6'
      const work = await scriptWork(script)
      const ended = testDockerEngine(dockerd.address).run(work, { signal: never })
      await eventually(() => work.lines.some(({ text }) => text === 'line 5'))
      await dockerd.kill()
      await dockerd.start()
      expect(await ended).toMatchObject({ exitCode: 6 })
      const printed = work.lines.filter(({ stream }) => stream === 'stdout').map(({ text }) => text)
      expect(printed).toEqual(Array.from({ length: 60 }, (_, index) => `line ${index + 1}`))
    } finally {
      await dockerd.remove()
    }
  })
})

describe.skipIf(!isThere)('a node that comes and goes', () => {
  const engines = async (): Promise<string> => (await sharedDocker()) ?? ''
  const shutdown = (): Error => new Error('stopped: shutdown', { cause: { kind: 'shutdown' } })

  it('finds its container running after an orderly stop, and no line of its log is doubled or lost', async () => {
    const address = await engines()
    const script =
      'i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo line $i; echo err $i >&2; sleep 0.05; done; exit 4'
    const work = await scriptWork(script)
    const log = keepLog(work)
    const stop = new AbortController()
    const first = testDockerEngine(address)
      .run({ ...work, onLog: log.write }, { signal: stop.signal })
      .catch((error: unknown) => error)
    await eventually(() => log.stdout.includes('line 5'))
    const reason = shutdown()
    stop.abort(reason)
    expect(await first).toBe(reason)
    await log.flush()
    log.write({ stream: 'stderr', text: 'edge: the node was restarted' })
    await log.flush()
    const outcome = await testDockerEngine(address).run({ ...work, onLog: log.write }, { signal: never })
    expect(outcome.exitCode).toBe(4)
    const numbers = Array.from({ length: 40 }, (_, index) => index + 1)
    expect(log.stdout).toEqual(numbers.map((number) => `line ${number}`))
    expect(log.stderr.filter((text) => text.startsWith('err'))).toEqual(
      numbers.map((number) => `err ${number}`),
    )
  })

  it('finds its container ended, and takes its outcome and its log', async () => {
    const address = await engines()
    const work = await scriptWork('echo begun; sleep 0.5; echo late; echo kept > /outputs/kept; exit 5')
    const stop = new AbortController()
    const first = testDockerEngine(address)
      .run(work, { signal: stop.signal })
      .catch((error: unknown) => error)
    await eventually(() => work.lines.length > 0)
    stop.abort(shutdown())
    await first
    await new Promise((resolve) => setTimeout(resolve, 1500))
    const again = { ...work, lines: [] as string[] }
    const outcome = await testDockerEngine(address).run(
      { ...work, onLog: ({ text }) => again.lines.push(text) },
      { signal: never },
    )
    expect(outcome.exitCode).toBe(5)
    expect(again.lines).toContain('late')
    expect(await readFile(join(work.outputsDir, 'kept'), 'utf8')).toBe('kept\n')
    // Once more, as after a crash between the container’s end and the node’s note of it.
    expect(await testDockerEngine(address).run(work, { signal: never })).toEqual(outcome)
  })

  it('stops its container when it is told not to leave any', async () => {
    const address = await engines()
    const work = await scriptWork('echo begun; sleep 1000')
    const stop = new AbortController()
    const engine = testDockerEngine(address, { survivesShutdown: false })
    const ended = engine.run(work, { signal: stop.signal }).catch((error: unknown) => error)
    await eventually(() => work.lines.length > 0)
    stop.abort(shutdown())
    await ended
    const swept = testDockerEngine(address, { nodeId: 'another' })
    await swept.sweep?.(new Set())
  })

  it('removes at its start the containers of executions that it does not know, and none of another node', async () => {
    const address = await engines()
    const [mine, theirs] = [await scriptWork('sleep 1000'), await scriptWork('sleep 1000')]
    const stop = new AbortController()
    const run = (nodeId: string, work: RecordedWork): Promise<unknown> =>
      testDockerEngine(address, { nodeId })
        .run(work, { signal: stop.signal })
        .catch((error: unknown) => error)
    const runs = [run('sweeper', mine), run('other', theirs)]
    const names = (): Promise<string> => docker(address, 'ps', '--format', '{{.Names}}')
    await eventually(async () => {
      const running = await names()
      return running.includes(mine.executionId) && running.includes(theirs.executionId)
    })
    stop.abort(shutdown())
    await Promise.all(runs)
    await testDockerEngine(address, { nodeId: 'sweeper' }).sweep?.(new Set())
    expect(await names()).not.toContain(mine.executionId)
    expect(await names()).toContain(theirs.executionId)
    const other = testDockerEngine(address, { nodeId: 'other' })
    await other.sweep?.(new Set([theirs.executionId]))
    expect(await names()).toContain(theirs.executionId)
    await other.discard?.(theirs.executionId)
    expect(await names()).not.toContain(theirs.executionId)
  })
})
