import { lstat, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { EdgeError, JobSpec } from '../../../src/domain/index.ts'
import { createDockerodeApi } from '../../../src/engines/docker/dockerode-api.ts'
import type { EngineOutcome } from '../../../src/ports/index.ts'
import { sharedDocker } from '../../support/docker-engine.ts'
import { docker, scriptWork, testDockerEngine } from '../../support/docker-work.ts'
import { testImage } from '../../support/dockerd.ts'
import { eventually } from '../../support/eventually.ts'
import { tempDir } from '../../support/temp-dir.ts'
import type { RecordedWork } from '../../conformance/engine.ts'

const address = await sharedDocker()
const never = new AbortController().signal
const MiB = 2 ** 20

describe.skipIf(address === undefined)('a container that misbehaves', () => {
  const nodeId = 'bad-input'
  const engine = testDockerEngine(address ?? '', { nodeId })
  const done = (work: RecordedWork): Promise<EngineOutcome> => engine.run(work, { signal: never })

  afterEach(async () => {
    // Other files share the engine.
    const left = await docker(address ?? '', 'ps', '-a', '-q', '--filter', `label=edge.node=${nodeId}`)
    expect(left).toBe('')
  })

  it('ends with its exit code, and what it left stays', async () => {
    const work = await scriptWork('echo half > /outputs/partial; exit 3')
    expect(await done(work)).toMatchObject({ exitCode: 3 })
    expect(await readFile(join(work.outputsDir, 'partial'), 'utf8')).toBe('half\n')
  })

  it('has exit code 127 where the image has no such program', async () => {
    const work = await scriptWork('', { engine: { type: 'docker', image: testImage, command: ['nowhere'] } })
    expect(await done(work)).toMatchObject({ exitCode: 127 })
    expect(work.lines.map(({ text }) => text).join('\n')).toMatch(/nowhere.*(not found|No such file)/)
  })

  it('is out of memory when the kernel killed a process of it, with exit code 0 too', async () => {
    const hog = 'dd if=/dev/zero of=/dev/null bs=64M count=1'
    const resources = { memoryBytes: 24 * MiB }
    for (const [script, exitCode] of [
      [`${hog}; true`, 137],
      [`exec ${hog}`, 137],
    ] as const) {
      const outcome = await done(await scriptWork(script, { resources }))
      expect(outcome).toMatchObject({ exitCode, reason: { code: 'out_of_memory' } })
    }
  })

  it('prints without end: the log is cut with a line that says so', async () => {
    const work = await scriptWork(
      'yes a line of a log that never ends, with hardly anything in it | head -c 20000000; echo over >&2',
    )
    expect(await done(work)).toMatchObject({ exitCode: 0 })
    const out = work.lines.filter(({ stream }) => stream === 'stdout')
    expect(out.length * 63).toBeLessThan(9 * MiB)
    expect(out.at(-1)?.text).toMatch(/^\[edge: stdout is longer than \d+ bytes; the rest is left out\]$/)
    expect(work.lines).toContainEqual({ stream: 'stderr', text: 'over' })
  })

  it('fills its outputs: it is stopped, the reason is named, and no more than the limit stays', async () => {
    const script =
      'echo kept > /outputs/a; sleep 0.5; i=0; while true; do i=$((i+1)); head -c 1000000 /dev/zero > /outputs/f$i; done'
    const work = await scriptWork(script, { resources: { diskBytes: 20 * MiB } })
    const outcome = await done(work)
    expect(outcome).toMatchObject({ reason: { code: 'limit_exceeded' } })
    expect(outcome.exitCode).not.toBe(0)
    const names = await readdir(work.outputsDir)
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(work.outputsDir, name))).size))
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(20 * MiB)
    expect(names).toContain('a')
  })

  it('writes one huge file: the kernel stops it near the limit', async () => {
    const script = 'dd if=/dev/zero of=/outputs/huge bs=1M count=500'
    const outcome = await done(await scriptWork(script, { resources: { diskBytes: 10 * MiB } }))
    expect(outcome).toMatchObject({ reason: { code: 'limit_exceeded' } })
  })

  it('cannot pretend to hold more than the limit by a sparse file', async () => {
    const script = 'dd if=/dev/zero of=/outputs/sparse bs=1 count=1 seek=15M'
    const work = await scriptWork(script, { resources: { diskBytes: 10 * MiB } })
    expect(await done(work)).toMatchObject({ reason: { code: 'limit_exceeded' } })
    expect(await readdir(work.outputsDir)).toEqual([])
  })

  it('plants links and pipes: nothing of them is followed, and modes are made harmless', async () => {
    const script =
      'ln -s /etc/passwd /outputs/link; ln -s / /outputs/root; mkfifo /outputs/pipe; mkdir /outputs/shut;' +
      'echo x > /outputs/shut/file; chmod 4711 /outputs/shut/file; chmod 0 /outputs/shut; mkdir -p /outputs/a/b'
    const work = await scriptWork(script)
    const before = (await stat('/')).mode
    expect(await done(work)).toMatchObject({ exitCode: 0 })
    expect((await lstat(join(work.outputsDir, 'link'))).isSymbolicLink()).toBe(true)
    expect((await stat('/')).mode).toBe(before)
    expect((await stat('/etc/passwd')).mode & 0o777).toBe(0o644)
    expect((await stat(join(work.outputsDir, 'shut/file'))).mode & 0o7777).toBe(0o600)
  })

  it('ignores SIGTERM: it is killed after the grace', async () => {
    const aborter = new AbortController()
    const work = await scriptWork('trap "" TERM; echo begun; while true; do sleep 1; done')
    const ended = engine.run(work, { signal: aborter.signal }).catch((error: unknown) => error)
    await eventually(() => work.lines.some(({ text }) => text === 'begun'))
    const reason = new Error('enough')
    aborter.abort(reason)
    expect(await ended).toBe(reason)
  })

  it('hears SIGTERM and has time to finish', async () => {
    const aborter = new AbortController()
    const work = await scriptWork(
      'trap "echo bye > /outputs/bye; exit 0" TERM; echo begun; while true; do sleep 0.1; done',
    )
    const ended = engine.run(work, { signal: aborter.signal }).catch((error: unknown) => error)
    await eventually(() => work.lines.some(({ text }) => text === 'begun'))
    aborter.abort(new Error('enough'))
    await ended
    expect(await readdir(work.outputsDir)).toContain('bye')
  })

  it('is removed by somebody else: the work has crashed', async () => {
    const work = await scriptWork('echo begun; sleep 1000')
    const ended = done(work).catch((error: unknown) => error)
    await eventually(() => work.lines.some(({ text }) => text === 'begun'))
    await docker(address ?? '', 'rm', '-f', `edge-${work.executionId}`)
    expect(await ended).toMatchObject({ code: 'engine_crashed' })
  })

  it('is stopped by somebody else: the work has crashed, also when it ends with exit code 0', async () => {
    const work = await scriptWork('trap "exit 0" TERM; echo begun; while true; do sleep 0.1; done')
    const ended = done(work).catch((error: unknown) => error)
    await eventually(() => work.lines.some(({ text }) => text === 'begun'))
    await docker(address ?? '', 'stop', `edge-${work.executionId}`)
    expect(await ended).toMatchObject({ code: 'engine_crashed' })
  })

  it('is of an image that does not exist: image_missing with the words of the registry', async () => {
    const image = '127.0.0.1:1/nowhere:v1'
    const work = await scriptWork('', { engine: { type: 'docker', image } })
    const error: unknown = await done(work).catch((thrown: unknown) => thrown)
    expect(EdgeError.from(error)).toMatchObject({ code: 'image_missing' })
    expect(EdgeError.from(error).message).toContain('127.0.0.1:1')
    expect(work.lines.map(({ text }) => text)).toContain(`edge: pulling ${image}`)
  })

  it('does not keep what was put in the place of its input between check and mount', async () => {
    const directory = await tempDir()
    const [videos, secret] = [join(directory, 'videos'), join(directory, 'secret')]
    for (const path of [videos, secret]) await mkdir(path)
    await writeFile(join(secret, 'key'), 'secret')
    const api = createDockerodeApi(address ?? '')
    const swapping = new Proxy(api, {
      get: (target, name: keyof typeof api) =>
        name === 'start'
          ? async (container: string) => {
              await rename(videos, `${videos}-before`)
              await symlink(secret, videos)
              await target.start(container)
            }
          : (target[name].bind(target) as unknown),
    })
    const inputs = [{ hostPath: videos, target: '/videos', readOnly: true }]
    const work = { ...(await scriptWork('sleep 1000')), inputs }
    const ran = testDockerEngine(address ?? '', { nodeId }, swapping).run(work, { signal: never })
    await expect(ran).rejects.toMatchObject({ code: 'path_not_allowed' })
  })

  it('is given neither the engine’s socket nor a link', async () => {
    const socket = (address ?? '').replace('unix://', '')
    for (const hostPath of [socket, dirname(socket), '/']) {
      const work = { ...(await scriptWork('true')), inputs: [{ hostPath, target: '/in', readOnly: true }] }
      await expect(done(work)).rejects.toMatchObject({ code: 'path_not_allowed' })
    }
    const link = join(await tempDir(), 'link')
    await symlink('/etc', link)
    const work = {
      ...(await scriptWork('true')),
      inputs: [{ hostPath: link, target: '/in', readOnly: true }],
    }
    await expect(done(work)).rejects.toMatchObject({ code: 'path_not_allowed' })
  })

  it('wants a network or places that it cannot have: the bid says which', async () => {
    const objection = (spec: object) =>
      engine.objection(
        JobSpec.parse({ apiVersion: 'edge/v1', engine: { type: 'docker', image: testImage }, ...spec }),
      )
    expect(await objection({})).toBeUndefined()
    const http = { mode: 'http', domains: ['example.org'] }
    expect(await objection({ network: http })).toMatchObject({ code: 'networked_rejected' })
    const twice = [
      { name: 'a', path: '/out' },
      { name: 'b', path: '/out' },
    ]
    expect(await objection({ outputs: twice })).toMatchObject({ code: 'duplicate_mount' })
    expect(await objection({ outputs: [{ name: 'a', path: '/proc/x' }] })).toMatchObject({
      code: 'duplicate_mount',
    })
    const strict = testDockerEngine(address ?? '', { pull: 'never' })
    const nowhere = JobSpec.parse({ apiVersion: 'edge/v1', engine: { type: 'docker', image: 'nowhere:1' } })
    expect(await strict.objection(nowhere)).toMatchObject({ code: 'image_unavailable' })
  })
})
