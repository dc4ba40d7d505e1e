import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A fresh directory (canonical path) that is gone when the running test is over. */
export async function tempDir(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'edge-test-')))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}
