import { constants } from 'node:fs'
import { mkdir, open, opendir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ExecutionId } from '../../domain/index.ts'
import { errnoOf } from '../../utils/errno.ts'

/** Where an execution keeps its files: `result/{stdout,stderr,exitCode,outputs/}`, `kept/`, `scratch/` and `log`. */
export interface ExecutionFolder {
  readonly root: string
  /** What is published. */
  readonly result: string
  readonly outputs: string
  /** What the work left and nobody asked to publish; made by engines that have such a thing. */
  readonly kept: string
  readonly scratch: string
  /** stdout and stderr in the order they came. */
  readonly log: string
}

export function executionsDir(dataDir: string): string {
  return join(dataDir, 'executions')
}

export function executionFolder(dataDir: string, id: ExecutionId): ExecutionFolder {
  const root = join(executionsDir(dataDir), id)
  const result = join(root, 'result')
  return {
    root,
    result,
    outputs: join(result, 'outputs'),
    kept: join(root, 'kept'),
    scratch: join(root, 'scratch'),
    log: join(root, 'log'),
  }
}

/** Makes what is missing; leaves what is there. */
export async function makeFolder(folder: ExecutionFolder): Promise<void> {
  for (const path of [folder.root, folder.result, folder.outputs, folder.scratch]) {
    await mkdir(path, { recursive: true, mode: 0o700 })
  }
}

export async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
}

export async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  })
  return found?.isDirectory() ?? false
}

/** What lies in the executions folder: execution folders by id, and names that are none of ours. */
export async function listFolders(
  dataDir: string,
): Promise<{ readonly ids: readonly ExecutionId[]; readonly strays: readonly string[] }> {
  const names = await readdir(executionsDir(dataDir))
  const parsed = names.map((name) => ExecutionId.safeParse(name))
  return {
    ids: parsed.flatMap(({ data }) => (data === undefined ? [] : [data])),
    strays: names
      .filter((_, index) => parsed[index]?.success !== true)
      .map((name) => join(executionsDir(dataDir), name)),
  }
}

/** Writes the exit code, when there is one, and flushes the whole tree to disk: files first, then their folders. */
export async function sealResult({ result }: ExecutionFolder, exitCode: number | undefined): Promise<void> {
  if (exitCode !== undefined) {
    const file = await open(join(result, 'exitCode'), 'w', 0o600)
    try {
      await file.writeFile(String(exitCode))
    } finally {
      await file.close()
    }
  }
  await flushTree(result)
}

async function flushTree(directory: string): Promise<void> {
  for await (const entry of await opendir(directory)) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) await flushTree(path)
    else await flush(path)
  }
  await flush(directory)
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
