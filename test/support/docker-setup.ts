import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setupVariable } from './docker-engine.ts'
import { missingForDockerd, startDockerd } from './dockerd.ts'
import type { Dockerd } from './dockerd.ts'

export type EngineAnswer = { readonly address: string } | { readonly missing: string }

/** Vitest’s globalSetup: one Docker engine for the whole run, started when a test file first asks, gone at the end. */
export default async function setup(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'edge-docker-'))
  let started: Promise<Dockerd> | undefined
  const server = createServer((socket) => {
    void answer().then((told) => socket.end(JSON.stringify(told)))
  })
  async function answer(): Promise<EngineAnswer> {
    const missing = await missingForDockerd()
    if (missing !== undefined) return { missing }
    started ??= startDockerd(join(directory, 'engine'))
    try {
      return { address: (await started).address }
    } catch (error) {
      return { missing: String(error) }
    }
  }
  const path = join(directory, 'setup.sock')
  server.listen(path)
  await once(server, 'listening')
  process.env[setupVariable] = path
  return async () => {
    server.close()
    await started?.then((dockerd) => dockerd.remove()).catch(() => undefined)
    await rm(directory, { recursive: true, force: true })
  }
}
