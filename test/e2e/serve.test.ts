import { copyFile, mkdir, readFile, readdir } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { JobSpecInput } from '../../src/domain/index.ts'
import type { StartedProcess } from '../../scripts/started-process.ts'
import { Cluster, edge, runEdge } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { descendants, isRunning, type RunningProcess } from '../support/processes.ts'
import { samplePath } from '../support/sample.ts'

const onnx: JobSpecInput = {
  apiVersion: 'edge/v1',
  type: 'ops',
  engine: { type: 'onnx', sampleFps: 5 },
  inputs: [{ source: { type: 'localDirectory', path: '/videos' }, target: '/videos' }],
}

async function footageOf(cluster: Cluster, samples: readonly string[]): Promise<string> {
  const folder = join(cluster.place, 'footage')
  await mkdir(folder)
  for (const sample of samples) await copyFile(samplePath(`videos/${sample}`), join(folder, sample))
  return `--allow-listed-local-paths=/videos=${folder}`
}

/** Its children, once frames are being decoded. */
async function untilAnalysing(node: StartedProcess): Promise<readonly RunningProcess[]> {
  return eventually(async () => {
    const children = await descendants(node.pid)
    return children.some(({ command }) => command.includes('rawvideo')) ? children : undefined
  })
}

async function untilCompleted(cluster: Cluster, id: string): Promise<void> {
  const state = await eventually(
    async () => {
      const job = await cluster.client.job(id)
      return ['Completed', 'Failed', 'PartiallyCompleted'].includes(job.state) ? job.state : undefined
    },
    { withinMs: 90_000, everyMs: 100 },
  )
  expect(state).toBe('Completed')
}

describe('what a requester prints', () => {
  it('works when pasted, for a compute node and for a client', { timeout: 120_000 }, async () => {
    const cluster = await Cluster.create()
    const requester = await cluster.startRequester()
    const printed = requester.stdout.split('\n')
    const line = printed.find((text) => text.startsWith('edge serve --node-type=compute')) ?? ''
    const exports = printed.filter((text) => text.startsWith('export EDGE_NODE_')).join('\n')
    expect(exports.split('\n')).toHaveLength(3)
    const env = {
      HOME: cluster.place,
      PATH: `${dirname(edge)}:${process.env['PATH'] ?? ''}`,
    }

    const pasted = cluster.launch('pasted', ['sh', '-c', `exec ${line}`], {
      ...env,
      EDGE_NODE_NAME: 'pasted',
    })
    await pasted.untilPrinted(/is up: id/, AbortSignal.timeout(20_000))
    const fromEnv = `exec edge serve --node-type=compute --name=from-env --data-dir="$HOME/two" --port=0 --swarm-port=0 --peer=env`
    cluster.launch('from-env', ['sh', '-c', `${exports}\n${fromEnv}`], env)
    await cluster.untilConnected(2)
    expect(await readdir(cluster.place)).toContain('.edge-compute')

    const client = cluster.launch('client', ['sh', '-c', `${exports}\nexec edge node list`], env)
    expect(await client.ended()).toMatchObject({ code: 0 })
    expect(client.stdout).toMatch(/^\w+ +from-env +approved +connected/m)
    expect(client.stdout).toMatch(/^\w+ +pasted +approved +connected/m)
  })
})

describe('ports of a compute node', () => {
  it(
    'are free ones when the usual are taken, and are insisted on when asked for',
    { timeout: 60_000 },
    async () => {
      await Promise.all([occupy(1234), occupy(1235)])
      const cluster = await Cluster.create()
      await cluster.startRequester()
      const peer = `--peer=${cluster.peer}`
      const moved = await cluster.start('moved', ['--node-type=compute', peer])
      expect(moved.stdout).toContain('Port 1234 is taken by another program')
      await cluster.untilConnected(1)
      for (const [flag, port] of [
        ['--port', '1234'],
        ['--swarm-port', '1235'],
      ] as const) {
        const insisting = await runEdge(
          ['serve', '--node-type=compute', peer, flag, port, '--data-dir', join(cluster.place, 'insisting')],
          { timeoutMs: 20_000 },
        )
        expect(insisting.code, flag).toBe(1)
        expect(insisting.stderr, flag).toMatch(new RegExp(`${port}[^]*${flag}`))
      }
    },
  )
})

describe('a signal to a node at work', () => {
  it('drains it: no process stays, and the job goes on at the next start', { timeout: 180_000 }, async () => {
    const cluster = await Cluster.create()
    const footage = await footageOf(cluster, ['horses.mp4', 'cup_pour.mp4'])
    await cluster.startRequester()
    const node = await cluster.startCompute('north', [footage])
    await cluster.untilConnected(1)
    const { id } = (await cluster.client.submit(onnx)).job
    const children = await untilAnalysing(node)
    node.send('SIGTERM')
    expect(await node.ended()).toEqual({ code: 0, signal: null })
    for (const { pid, command } of children) expect(await isRunning(pid), command).toBe(false)
    expect(await cluster.client.job(id)).toMatchObject({ state: 'Running' })

    await cluster.startCompute('north', [footage])
    await untilCompleted(cluster, id)
    const { executions } = await cluster.client.job(id)
    expect(executions).toMatchObject([{ state: 'Completed', attempt: 1 }])
    expect(await cluster.run(['get', id])).toMatchObject({ code: 0 })
  })

  it('that nobody can catch leaves no child behind either', { timeout: 60_000 }, async () => {
    const cluster = await Cluster.create()
    const footage = await footageOf(cluster, ['dog_person.mp4'])
    await cluster.startRequester()
    const node = await cluster.startCompute('north', [footage])
    await cluster.untilConnected(1)
    await cluster.client.submit(onnx)
    const children = await untilAnalysing(node)
    await node.kill()
    for (const { pid } of children) await eventually(async () => !(await isRunning(pid)))
  })

  it('ends it at once when it comes again', { timeout: 90_000 }, async () => {
    const cluster = await Cluster.create()
    const footage = await footageOf(cluster, ['dog_person.mp4'])
    await cluster.startRequester()
    const node = await cluster.startCompute('north', [footage])
    await cluster.untilConnected(1)
    await cluster.client.submit(onnx)
    const children = await untilAnalysing(node)
    // A child that does not move keeps the node from draining.
    for (const { pid } of children) process.kill(pid, 'SIGSTOP')
    onTestFinished(async () => {
      for (const { pid } of children) if (await isRunning(pid)) process.kill(pid, 'SIGKILL')
    })
    node.send('SIGINT')
    await eventually(() => node.stderr.includes('Stopping'))
    node.send('SIGINT')
    expect(await node.ended()).toEqual({ code: 130, signal: null })
    for (const { pid } of children) if (await isRunning(pid)) process.kill(pid, 'SIGCONT')
    for (const { pid } of children) await eventually(async () => !(await isRunning(pid)))
  })
})

describe('one machine', () => {
  it('is requester and compute node at once', { timeout: 120_000 }, async () => {
    const cluster = await Cluster.create()
    const footage = await footageOf(cluster, ['horses.mp4'])
    await cluster.startRequester(['--node-type=compute', footage])
    await cluster.untilConnected(1)
    const ran = await cluster.run([
      'onnx',
      'run',
      '--target=all',
      '--input=file:///videos:/videos',
      '--download',
    ])
    expect(ran).toMatchObject({ code: 0 })
    const job = /job-[0-9a-f]{8}/.exec(ran.stdout)?.[0] ?? ''
    const [folder] = (await readdir(join(cluster.place, job))).filter((name) => name !== 'manifest.json')
    const outputs = join(cluster.place, job, folder ?? '', 'outputs')
    const { events } = JSON.parse(await readFile(join(outputs, 'events.json'), 'utf8')) as {
      events: { clip: string }[]
    }
    expect(events.length).toBeGreaterThan(0)
  })

  it(
    'runs one node on a data directory, however many start at the same time',
    { timeout: 60_000 },
    async () => {
      const cluster = await Cluster.create()
      const start = (name: string) =>
        cluster.launch(name, [
          edge,
          'serve',
          '--port=0',
          '--swarm-port=0',
          '--data-dir',
          join(cluster.place, 'data'),
        ])
      const both = [start('one'), start('other')]
      const loser = await Promise.race(both.map(async (node) => ({ node, ...(await node.ended()) })))
      expect(loser).toMatchObject({ code: 1 })
      expect(loser.node.stderr).toContain('--data-dir')
      const winner = both.find((node) => node !== loser.node)
      await winner?.untilPrinted(/is up: id/, AbortSignal.timeout(20_000))
    },
  )
})

describe('a peer id in --peer', () => {
  it('that another node has is refused, and both ids are named', { timeout: 60_000 }, async () => {
    const cluster = await Cluster.create()
    await cluster.startRequester()
    const { id } = await cluster.client.agent()
    const wrong = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'
    const node = await cluster.start('north', [
      '--node-type=compute',
      '--port=0',
      '--swarm-port=0',
      `--peer=${cluster.peer}/p2p/${wrong}`,
    ])
    await eventually(() => node.stderr.includes('another node answers at this address'))
    expect(node.stderr).toContain(id)
    expect(node.stderr).toContain(wrong)
    expect(await cluster.client.nodes()).toEqual([])
  })
})

/** Something listens there until the test is over, be it this. */
async function occupy(port: number): Promise<void> {
  const server: Server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve()
      else reject(error)
    })
    server.listen(port, '0.0.0.0', resolve)
  })
  if (server.listening)
    onTestFinished(
      () =>
        new Promise<void>((resolve) =>
          server.close(() => {
            resolve()
          }),
        ),
    )
}
