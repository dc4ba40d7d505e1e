import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createLibp2pNetwork } from '../../src/network/index.ts'
import type { Libp2pNetworkInit } from '../../src/network/index.ts'
import type { Network } from '../../src/ports/index.ts'
import { systemClock } from '../../src/utils/system-clock.ts'
import { QuietLog } from './quiet-log.ts'

type Options = Partial<Omit<Libp2pNetworkInit, 'dataDir'>>

/** libp2p nodes on loopback by name. A name keeps its data directory and port; all is gone when the test is over. */
export class Libp2pBench {
  readonly log = new QuietLog()
  readonly #dirs = new Map<string, string>()
  readonly #ports = new Map<string, string>()
  readonly #running: Network[] = []

  constructor() {
    onTestFinished(async () => {
      await Promise.all(this.#running.map((network) => network.stop()))
      for (const dir of this.#dirs.values()) await rm(dir, { recursive: true, force: true })
    })
  }

  async dataDir(name: string): Promise<string> {
    const dataDir = this.#dirs.get(name) ?? (await mkdtemp(join(tmpdir(), 'edge-test-')))
    this.#dirs.set(name, dataDir)
    return dataDir
  }

  /** Redials come at once, unless `random` says otherwise. */
  async start(name: string, options: Options = {}): Promise<Network> {
    const network = await createLibp2pNetwork({
      dataDir: await this.dataDir(name),
      listen: [`/ip4/127.0.0.1/tcp/${this.#ports.get(name) ?? '0'}`],
      clock: systemClock,
      log: this.log,
      random: () => 0.02,
      ...options,
    })
    this.#running.push(network)
    await network.start()
    const port = /\/tcp\/(\d+)/.exec(network.multiaddrs()[0] ?? '')?.[1]
    if (port !== undefined) this.#ports.set(name, port)
    return network
  }
}
