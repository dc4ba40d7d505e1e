import { copyFile, mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LedgerDocument } from '../../src/domain/index.ts'
import { Cluster, freePort, runEdge } from '../support/cluster.ts'
import { samplePath } from '../support/sample.ts'
import { tempDir } from '../support/temp-dir.ts'

describe('bad input to a cluster', () => {
  it('is refused with the node’s reason, and creates nothing', { timeout: 180_000 }, async () => {
    const cluster = await Cluster.create()
    const footage = join(cluster.place, 'footage')
    await mkdir(join(footage, 'empty'), { recursive: true })
    await mkdir(join(cluster.place, 'secret'))
    await copyFile(samplePath('videos/horses.mp4'), join(cluster.place, 'secret', 'horses.mp4'))
    await symlink(join(cluster.place, 'secret'), join(footage, 'link'))
    await cluster.startRequester()
    await cluster.startCompute('north', [`--allow-listed-local-paths=${footage}`])
    await cluster.untilConnected(1)
    const run = (path: string, ...more: string[]) =>
      cluster.run(['onnx', 'run', '--target=all', '--input', `file://${path}:/videos`, ...more])

    for (const [path, code] of [
      ['/etc', 'allow'],
      [`${footage}/../secret`, 'allow|\\.\\.'],
      [`${footage}/link`, 'allow'],
      [`${footage}/empty`, 'no file|empty'],
      [`${footage}/nowhere`, 'not exist|no such|missing'],
    ] as const) {
      const ran = await run(path)
      expect(ran, path).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(new RegExp(`north.*(${code})`)) as unknown,
      })
    }

    await copyFile(samplePath('videos/horses.mp4'), join(footage, 'horses.mp4'))
    const noModel = await run(footage, '--model', '/etc/passwd')
    expect(noModel).toMatchObject({ code: 1, stderr: expect.stringMatching(/north.*allow/) as unknown })
    await writeFile(join(footage, 'model.onnx'), 'no model at all')
    const badModel = await run(footage, '--model', join(footage, 'model.onnx'))
    expect(badModel).toMatchObject({ code: 1, stderr: expect.stringMatching(/north.*model/) as unknown })

    const noMatch = await run(footage, '--selector', 'site=mars')
    expect(noMatch).toMatchObject({ code: 1, stderr: expect.stringMatching(/north.*site/) as unknown })
    expect((await cluster.run(['get', '00000000'])).code).toBe(3)
    expect((await cluster.run(['describe', 'nonsense'])).code).toBe(3)
  })

  it(
    'leaves the good files of a job analysed and names the gap of each bad one',
    { timeout: 180_000 },
    async () => {
      const cluster = await Cluster.create()
      const footage = join(cluster.place, 'footage')
      await mkdir(footage)
      await copyFile(samplePath('videos/horses.mp4'), join(footage, 'good.mp4'))
      await writeFile(join(footage, 'text.mp4'), 'this is no video\n'.repeat(100))
      await writeFile(join(footage, 'zero.mp4'), '')
      await copyFile(samplePath('videos/pedestrians_h264_g20.mp4'), join(footage, 'cut.mp4'))
      await truncate(join(footage, 'cut.mp4'), 400_000)
      await cluster.startRequester()
      await cluster.startCompute('north', [`--allow-listed-local-paths=${footage}`])
      await cluster.untilConnected(1)
      const ran = await cluster.run([
        'onnx',
        'run',
        '--target=all',
        '--input',
        `file://${footage}:/v`,
        '--download',
        '--output-dir',
        cluster.place,
      ])
      expect(ran).toMatchObject({ code: 0 })
      const folder = /(\S+-\w{8})\n/.exec(ran.stdout)?.[1] ?? ''
      const job = /job-[0-9a-f]{8}/.exec(ran.stdout)?.[0] ?? ''
      const ledger = LedgerDocument.parse(
        JSON.parse(await readFile(join(cluster.place, job, folder, 'outputs', 'ledger.json'), 'utf8')),
      )
      const gaps = Object.fromEntries(
        ledger.sources.map(({ source, gaps: found }) => [source, found.map(({ reason }) => reason.code)]),
      )
      expect(gaps).toMatchObject({
        'v/good.mp4': [],
        'v/text.mp4': ['not_a_video'],
        'v/zero.mp4': ['empty_file'],
      })
      expect(gaps['v/cut.mp4']?.length).toBeGreaterThan(0)
    },
  )
})

describe('bad input to the command line', () => {
  it.each([
    [['nonsense'], 2, 'nonsense'],
    [['lsit'], 2, 'list'],
    [['onnx', 'run'], 2, 'input'],
    [['onnx', 'run', '--input', 'videos'], 2, 'file:///'],
    [['onnx', 'run', '--input', 'file:///v:/v', '--sample-fps', '-3'], 2, 'sampleFps'],
    [['onnx', 'run', '--input', 'file:///v:/v', '--target=all', '--count', '3'], 2, '--count'],
    [['serve', '--port', '99999'], 2, '--port'],
    [['serve', '--node-type=compute'], 2, '--peer'],
    [['serve', '--node-type=compute', '--peer=env'], 2, 'EDGE_NODE_LIBP2P_PEERCONNECT'],
    [['serve', '--node-type=compute', '--peer=10.0.0.5:1235'], 2, 'multiaddr'],
    [['serve', '--allow-listed-local-paths=videos', '--node-type=requester,compute'], 2, 'videos'],
    [['create', '/nowhere.yaml'], 3, '/nowhere.yaml'],
    [['cid', '/nowhere'], 3, '/nowhere'],
    [['detect', '/nowhere.mp4'], 3, '/nowhere.mp4'],
  ])('edge %j ends with %d and says %s', async (args, code, said) => {
    const directory = await tempDir()
    const ran = await runEdge(args, { env: { EDGE_DATA_DIR: join(directory, 'data') }, cwd: directory })
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({
      code,
      stderr: expect.stringContaining(said) as unknown,
    })
  })

  it('names a requester that is not there', async () => {
    const port = await freePort()
    const ran = await runEdge(['list', '--api-port', String(port)])
    expect(ran).toMatchObject({
      code: 4,
      stderr: expect.stringContaining(`127.0.0.1:${String(port)}`) as unknown,
    })
  })

  it('prints every problem of a spec and submits nothing', async () => {
    const input = 'apiVersion: edge/v1\nengine: {type: onnx, sampelFps: 3}\ninputs: []\n'
    const ran = await runEdge(['validate'], { input })
    expect(ran.code).toBe(2)
    expect(ran.stdout).toContain('engine.sampelFps: unknown field; did you mean sampleFps?')
    expect((await runEdge(['create'], { input })).code).toBe(2)
  })

  it('refuses a model that is none', async () => {
    const directory = await tempDir()
    await writeFile(join(directory, 'model.onnx'), 'no model at all')
    const ran = await runEdge(['detect', samplePath('videos/horses.mp4'), '--model', 'model.onnx'], {
      cwd: directory,
    })
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('model.onnx') as unknown })
  })

  it('refuses a port in use and a data directory in use, and leaves the other node alone', async () => {
    const cluster = await Cluster.create()
    await cluster.startRequester()
    const taken = createServer()
    const port = await freePort()
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve))
    const second = await runEdge([
      'serve',
      '--data-dir',
      join(cluster.place, 'other'),
      '--port',
      String(port),
      '--swarm-port',
      '0',
    ])
    expect(second).toMatchObject({
      stderr: expect.stringMatching(new RegExp(`${String(port)}[^]*--port`)) as unknown,
    })
    expect(second.code).not.toBe(0)
    await new Promise((resolve) => taken.close(resolve))
    const third = await runEdge([
      'serve',
      '--data-dir',
      join(cluster.place, 'requester'),
      '--port',
      '0',
      '--swarm-port',
      '0',
    ])
    expect(third).toMatchObject({ code: 1, stderr: expect.stringContaining('--data-dir') as unknown })
    expect((await cluster.run(['agent', 'alive'])).code).toBe(0)
  })
})
