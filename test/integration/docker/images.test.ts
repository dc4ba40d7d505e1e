import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Cluster } from '../../support/cluster.ts'
import { sharedDocker } from '../../support/docker-engine.ts'
import { docker as dockerAt } from '../../support/docker-work.ts'
import { eventually } from '../../support/eventually.ts'
import { importNodeImage, stageContext } from '../../support/node-image.ts'
import { samplePath } from '../../support/sample.ts'

const address = await sharedDocker()
const base = 'edge-test/node'
const docker = (...args: readonly string[]): Promise<string> => dockerAt(String(address), ...args)

describe.skipIf(address === undefined)('the images of docker/', () => {
  let onFinished = (): Promise<void> => Promise.resolve()
  afterAll(() => onFinished())
  beforeAll(async () => {
    const place = await mkdtemp(join(tmpdir(), 'edge-images-'))
    onFinished = () => rm(place, { recursive: true, force: true })
    await importNodeImage(docker, base, place)
    const context = await stageContext(place)
    await mkdir(join(context, 'docker/yolov5/models'))
    await copyFile(samplePath('models/yolov5n.pt'), join(context, 'docker/yolov5/models/yolov5n.pt'))
    const { PATH, HOME } = process.env
    await promisify(execFile)(join(context, 'docker/build.sh'), ['cpu'], {
      maxBuffer: 64 * 2 ** 20,
      env: {
        ...{ PATH, HOME, DOCKER_HOST: String(address), DOCKER_BUILDKIT: '0' },
        ...{ BASE_IMAGE: base, NODE_IMAGE: base, CONTEXT: context, MODEL: 'yolov5n' },
      },
    })
  }, 600_000)

  it('run a node that is nobody special, is found healthy and ends when it is told', async () => {
    const types = '--node-type=requester,compute'
    const id = await docker(
      'run',
      '-d',
      '--init',
      '--read-only',
      '--tmpfs=/tmp',
      'edge/node:cpu',
      'serve',
      types,
    )
    onTestFinished(async () => {
      await docker('rm', '--force', '--volumes', id)
    })
    const health = (): Promise<string> => docker('inspect', '-f', '{{.State.Health.Status}}', id)
    await eventually(async () => (await health()) === 'healthy' || undefined, { withinMs: 120_000 })
    expect(await docker('exec', id, 'id', '-u')).toBe('1000')
    expect(await docker('exec', id, 'edge', 'node', 'list')).toMatch(/approved +connected/)
    await docker('stop', '--time=30', id)
    expect(await docker('inspect', '-f', '{{.State.ExitCode}}', id)).toBe('0')
  }, 240_000)

  it('label the footage of a node as detect.py would, in a job like the guide’s', async () => {
    const cluster = await Cluster.create()
    const videos = join(cluster.place, 'videos')
    await mkdir(videos)
    await copyFile(samplePath('videos/dog_person.mp4'), join(videos, 'gate.mp4'))
    await cluster.startRequester()
    await cluster.startCompute('north', [
      `--allow-listed-local-paths=/videos=${videos}`,
      `--docker-host=${String(address)}`,
    ])
    await cluster.untilConnected(1)
    const ran = await cluster.run(
      [
        ...['docker', 'run', '--target=all', '-i', 'file:///videos:/videos', '--memory=2Gi', '--cpu=2'],
        ...['-e', 'CLASSES=0 dog', '--download', 'edge/yolov5:cpu', '--env=CONF_THRES=0.4'],
      ],
      { timeoutMs: 240_000 },
    )
    expect(ran.stderr).toContain('CONF_THRES')
    expect(ran).toMatchObject({ code: 0 })
    const job = join(cluster.place, `job-${/Job ID: (.{8})/.exec(ran.stdout)?.[1] ?? ''}`)
    const [result = ''] = (await readdir(job)).filter((name) => name.startsWith('north-'))
    const labels = join(job, result, 'outputs/exp/labels')
    const names = await readdir(labels)
    expect(names.length).toBeGreaterThan(280)
    expect(names.every((name) => /^gate_\d+\.txt$/.test(name))).toBe(true)
    const lines = (await Promise.all(names.map((name) => readFile(join(labels, name), 'utf8')))).flatMap(
      (text) => text.trimEnd().split('\n'),
    )
    for (const line of lines) expect(line).toMatch(/^(0|16)( [01](\.\d+)?(e-\d+)?){5}$/)
    expect(lines.filter((line) => line.startsWith('16 ')).length).toBeGreaterThan(100)

    const wrong = await cluster.run([
      ...['docker', 'run', '-i', 'file:///videos:/videos', '--memory=2Gi', '-e', 'WEIGHTS_PATH=/model/x.pt'],
      ...['--follow', 'edge/yolov5:cpu'],
    ])
    expect(wrong.code).toBe(1)
    expect(wrong.stdout).toMatch(/no file \/model\/x\.pt[^]*yolov5n\.pt/)
  }, 480_000)
})
