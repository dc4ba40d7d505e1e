import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ExecutionId } from '../../../src/domain/index.ts'
import { createLibp2pNetwork, loadIdentity } from '../../../src/network/index.ts'
import { systemClock } from '../../../src/utils/system-clock.ts'
import { eventually } from '../../support/eventually.ts'
import { Libp2pBench } from '../../support/libp2p-bench.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { tempDir } from '../../support/temp-dir.ts'

const published = {
  executionId: 'e-00000000-0000-4000-8000-000000000000' as ExecutionId,
  token: 1,
  cid: 'cid-1000',
}
const bare = (address: string): string => address.replace(/\/p2p\/.*/, '')

describe('a libp2p network', () => {
  it('has the id of its data directory’s key', async () => {
    const bench = new Libp2pBench()
    const network = await bench.start('hub')
    expect(network.self).toBe((await loadIdentity(await bench.dataDir('hub'))).id)
  })

  it('names where it listens in full: other machines’ addresses first, then loopback', async () => {
    const network = await new Libp2pBench().start('hub', { listen: ['/ip4/0.0.0.0/tcp/0'] })
    const outward = Object.values(networkInterfaces())
      .flat()
      .filter((each) => each?.family === 'IPv4' && !each.internal).length
    const addresses = network.multiaddrs()
    expect(addresses.length).toBe(outward + 1)
    addresses.forEach((address, index) => {
      expect(address).toMatch(new RegExp(`^/ip4/[0-9.]+/tcp/[1-9][0-9]*/p2p/${network.self}$`))
      expect(address.startsWith('/ip4/127.')).toBe(index >= outward)
    })
    await network.stop()
    expect(network.multiaddrs()).toEqual([])
  })

  it('names what it announces before where it listens', async () => {
    const network = await new Libp2pBench().start('hub', { announce: ['/dns4/hub.example/tcp/1235'] })
    expect(network.multiaddrs()[0]).toBe(`/dns4/hub.example/tcp/1235/p2p/${network.self}`)
    expect(network.multiaddrs()[1]).toMatch(/^\/ip4\/127\.0\.0\.1\//)
  })

  it('says which port is taken and which flag chooses another, and starts when it is free', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const network = await createLibp2pNetwork({
      dataDir: await tempDir(),
      listen: [`/ip4/127.0.0.1/tcp/${port}`],
      clock: systemClock,
      log: new QuietLog(),
    })
    onTestFinished(() => network.stop())
    await expect(network.start()).rejects.toMatchObject({
      code: 'port_in_use',
      message: expect.stringMatching(new RegExp(`port ${port} of 127.0.0.1`)) as string,
      hint: expect.stringContaining('--swarm-port') as string,
    })
    expect(network.multiaddrs()).toEqual([])
    await new Promise((resolve) => server.close(resolve))
    await network.start()
    expect(network.multiaddrs()).toEqual([`/ip4/127.0.0.1/tcp/${port}/p2p/${network.self}`])
  })

  it('refuses addresses that it cannot listen on', async () => {
    const dataDir = await tempDir()
    for (const listen of ['nonsense', '/ip4/127.0.0.1/udp/1', '/ip4/127.0.0.1/tcp/1/ws'])
      await expect(
        createLibp2pNetwork({ dataDir, listen: [listen], clock: systemClock, log: new QuietLog() }),
      ).rejects.toMatchObject({ code: 'config_invalid' })
    const elsewhere = await createLibp2pNetwork({
      dataDir,
      listen: ['/ip4/203.0.113.77/tcp/0'],
      clock: systemClock,
      log: new QuietLog(),
    })
    await expect(elsewhere.start()).rejects.toMatchObject({ code: 'config_invalid' })
  })

  it('starts again after a stop', async () => {
    const bench = new Libp2pBench()
    const [hub, node] = [await bench.start('hub'), await bench.start('node')]
    hub.handle({ published: () => Promise.resolve({}) })
    await hub.stop()
    await hub.start()
    await node.keepLink(hub.multiaddrs()[0]!).peer
    expect(await node.call(hub.self, 'published', published)).toEqual({})
  })

  it('pins who answers first at an address without an id, and refuses anybody else there', async () => {
    const bench = new Libp2pBench()
    const [hub, node] = [await bench.start('hub'), await bench.start('node')]
    const address = bare(hub.multiaddrs()[0]!)
    expect(await node.keepLink(address).peer).toBe(hub.self)
    const file = join(await bench.dataDir('node'), 'pinned-peers.json')
    await eventually(async () => (await readFile(file, 'utf8')).includes(hub.self))
    await hub.stop()
    const impostor = await bench.start('impostor', { listen: [address] })
    const warning = await eventually(() => bench.log.lines.find(({ level }) => level === 'warn'))
    expect(warning.fields).toEqual({ address, expected: hub.self, actual: impostor.self, file })
    expect(node.isConnected(impostor.self)).toBe(false)
    await impostor.stop()
    const again = await bench.start('hub')
    await eventually(() => node.isConnected(again.self))
  })

  it('keeps its pins over a restart, and trusts again whom it meets when the line is removed', async () => {
    const bench = new Libp2pBench()
    const [hub, node] = [await bench.start('hub'), await bench.start('node')]
    const address = bare(hub.multiaddrs()[0]!)
    await node.keepLink(address).peer
    const file = join(await bench.dataDir('node'), 'pinned-peers.json')
    await eventually(async () => (await readFile(file, 'utf8')).includes(hub.self))
    await Promise.all([hub.stop(), node.stop()])
    const other = await bench.start('other', { listen: [address] })
    const second = await bench.start('node')
    second.keepLink(address)
    await eventually(() => bench.log.lines.some(({ level }) => level === 'warn'))
    expect(second.isConnected(other.self)).toBe(false)
    await second.stop()
    await writeFile(file, '{}')
    const third = await bench.start('node')
    expect(await third.keepLink(address).peer).toBe(other.self)
  })

  it('refuses another node than the one that the address names', async () => {
    const bench = new Libp2pBench()
    const [hub, node, named] = [
      await bench.start('hub'),
      await bench.start('node'),
      await bench.start('named'),
    ]
    node.keepLink(`${bare(hub.multiaddrs()[0]!)}/p2p/${named.self}`)
    const warning = await eventually(() => bench.log.lines.find(({ level }) => level === 'warn'))
    expect(warning.fields).toMatchObject({ expected: named.self, actual: hub.self })
    expect(node.isConnected(hub.self)).toBe(false)
    expect(hub.isConnected(node.self)).toBe(false)
  })

  it('takes a fleet that comes back at once', async () => {
    const bench = new Libp2pBench()
    const hub = await bench.start('hub')
    const fleet = await Promise.all(Array.from({ length: 24 }, (_, index) => bench.start(`node ${index}`)))
    await Promise.all(fleet.map((node) => node.keepLink(hub.multiaddrs()[0]!).peer))
    await hub.stop()
    const next = await bench.start('hub')
    await eventually(() => fleet.every((node) => node.isConnected(next.self) && next.isConnected(node.self)))
  })

  it('leaves nothing that keeps the process alive', async () => {
    const dataDir = await tempDir()
    const source = new URL('../../../src/', import.meta.url)
    const program = `
      import { createLibp2pNetwork } from '${new URL('network/index.ts', source).href}'
      import { systemClock } from '${new URL('utils/system-clock.ts', source).href}'
      const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
      const make = (name) => createLibp2pNetwork({
        dataDir: ${JSON.stringify(dataDir)} + name, listen: ['/ip4/127.0.0.1/tcp/0'], clock: systemClock, log })
      const [hub, node] = [await make('/hub'), await make('/node')]
      hub.handle({ published: (_request, { signal }) => new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason))) })
      await hub.start()
      await node.start()
      await node.keepLink(hub.multiaddrs()[0]).peer
      node.keepLink('/ip4/127.0.0.1/tcp/9')
      const calling = node.call(hub.self, 'published', ${JSON.stringify(published)}).catch((error) => error.code)
      await new Promise((resolve) => setTimeout(resolve, 100))
      await Promise.all([hub.stop(), node.stop()])
      console.log(await calling)`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program])
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString()
      })
    onTestFinished(() => void child.kill('SIGKILL'))
    const code = await new Promise((resolve) => child.once('exit', resolve))
    expect({ output, code }).toEqual({ output: 'rpc_failed\n', code: 0 })
  })
})
