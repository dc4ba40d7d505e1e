import { lstat, mkdir, readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { downloadFolder, type DownloadedFolder } from '../content/index.ts'
import { EdgeError, isEdgeError, isJobOver, shortId } from '../domain/index.ts'
import type { ResultView, JobId } from '../domain/index.ts'
import type { CallOptions, EdgeClient } from '../client/index.ts'
import { pause } from '../utils/pause.ts'
import { placeResults, type PlacedResult } from './result-folders.ts'
import { readManifest, writeManifest, type FetchedResult, type ResultManifest } from './result-manifest.ts'
import { errnoOf } from '../utils/errno.ts'

export interface FetchProgress {
  readonly nodeName: string
  readonly files: number
  readonly totalFiles: number
  readonly bytes: number
  readonly totalBytes: number
}

export interface FetchResultsOptions extends CallOptions {
  /** Gets `job-<8 hex>`. */
  readonly directory: string
  /** Folders named by CID instead of by node; equal results are fetched once. */
  readonly raw?: boolean
  /** Write over files that have other content, and into a folder that is not this job’s. */
  readonly force?: boolean
  /** Until the job is over and the requester has all its results; else those that it has now. */
  readonly wait?: boolean
  readonly onProgress?: (progress: FetchProgress) => void
  /** Between looks while waiting; 1 s unless told. */
  readonly pollMs?: number
}

export interface FetchedResults {
  /** The folder of the job, absolute. */
  readonly folder: string
  readonly manifest: ResultManifest
}

/**
 * Lays the results of a job out as files, every block verified, and writes `manifest.json` beside them. Doing it again
 * goes on where it was broken off, keeps what is whole and adds what is new. Throws `no_results` when there is nothing
 * to fetch (yet), `output_exists` for files with other content or a folder of somebody else, and as downloadFolder does.
 */
export async function fetchResults(
  client: EdgeClient,
  job: string,
  options: FetchResultsOptions,
): Promise<FetchedResults> {
  const { directory, raw = false, force = false, signal } = options
  const { id } = await client.job(job, { signal })
  const results = await resultsOf(client, id, options)
  const folder = resolve(directory, `job-${shortId(id)}`)
  await claimFolder(folder, id, force)
  if (raw) await makeRealFolder(join(folder, 'raw'))
  const base = {
    format: 'edge/manifest/v1',
    jobId: id,
    pending: results
      .filter(({ fetched }) => !fetched)
      .map(({ nodeName, executionId, summary }) => ({ nodeName, executionId, cid: summary.cid })),
  } as const
  await writeManifest(folder, { ...base, fetchedAt: now(), isComplete: false, results: [] })
  const placed = placeResults(
    results.filter(({ fetched }) => fetched),
    raw,
  )
  const fetched = await downloadAll(client, placed, folder, { ...options, force })
  const manifest: ResultManifest = { ...base, fetchedAt: now(), isComplete: true, results: [...fetched] }
  await writeManifest(folder, manifest)
  return { folder, manifest }
}

/** The results, at least one of them fetched. */
async function resultsOf(
  client: EdgeClient,
  job: JobId,
  { wait = false, pollMs = 1_000, signal }: FetchResultsOptions,
): Promise<readonly ResultView[]> {
  for (;;) {
    const look = await lookAt(client, job, { signal }).catch((error: unknown) => {
      if (wait && isEdgeError(error) && error.retryable) return undefined
      throw error
    })
    if (look !== undefined) {
      const isSettled = look.isOver && look.results.every(({ fetched }) => fetched)
      if (!wait || isSettled) {
        if (look.results.some(({ fetched }) => fetched)) return look.results
        throw nothingToFetch(job, look)
      }
    }
    await pause(pollMs, signal)
  }
}

interface Look {
  readonly isOver: boolean
  readonly results: readonly ResultView[]
}

/** The state first: a job that was over before has no results that come after. */
async function lookAt(client: EdgeClient, job: JobId, options: CallOptions): Promise<Look> {
  const { state } = await client.job(job, options)
  return { isOver: isJobOver(state), results: await client.results(job, options) }
}

function nothingToFetch(job: JobId, { isOver, results }: Look): EdgeError {
  const id = shortId(job)
  const coming = results.length === 0 ? '' : `; ${results.length} on the way from the nodes`
  const found =
    isOver && results.length === 0 ? 'it is over and published nothing' : `nothing to fetch yet${coming}`
  return new EdgeError('no_results', `job ${id}: ${found}`, {
    ...(isOver && results.length === 0 ? {} : { hint: `Wait for them with \`edge get --wait ${id}\`.` }),
  })
}

/** Makes the folder, or takes one that this job’s earlier download left; throws `output_exists` or `output_unsafe`. */
async function claimFolder(folder: string, jobId: JobId, force: boolean): Promise<void> {
  await mkdir(dirname(folder), { recursive: true })
  if (await makeRealFolder(folder)) return
  if (force || (await readManifest(folder))?.jobId === jobId) return
  if ((await readdir(folder)).length === 0) return
  throw new EdgeError('output_exists', `${folder} is there already and holds something else`)
}

/** True when it was made, false when it was there; nothing is written through a symlink. */
async function makeRealFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder)
    return true
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  }
  const found = await lstat(folder)
  if (found.isSymbolicLink())
    throw new EdgeError('output_unsafe', `${folder} is a symlink; nothing is written through it`)
  if (!found.isDirectory())
    throw new EdgeError('output_exists', `${folder} is there already and is no folder`)
  return false
}

/** One after the other; a folder that several results share is fetched once. */
async function downloadAll(
  client: EdgeClient,
  placed: readonly PlacedResult[],
  jobFolder: string,
  { force = false, signal, onProgress }: FetchResultsOptions,
): Promise<readonly FetchedResult[]> {
  const done = new Map<string, DownloadedFolder>()
  const fetched: FetchedResult[] = []
  for (const { result, folder } of placed) {
    const { nodeName, summary } = result
    const downloaded =
      done.get(folder) ??
      (await downloadFolder({
        root: summary.cid,
        fetchBlock: (cid, options) => patientBlock(client, cid, options),
        target: join(jobFolder, folder),
        force,
        signal,
        limits: { maxBytes: summary.bytes },
        onProgress: (progress) => onProgress?.({ nodeName, ...progress }),
      }))
    done.set(folder, downloaded)
    fetched.push(fetchedResult(result, downloaded, folder))
  }
  return fetched
}

function fetchedResult(
  { nodeId, nodeName, executionId, state, summary }: ResultView,
  { files, bytes }: DownloadedFolder,
  folder: string,
): FetchedResult {
  const { cid, bytes: publishedBytes, scannedFiles, scannedBytes, scannedSeconds, events, clips } = summary
  const scanned = { scannedFiles, scannedBytes, scannedSeconds }
  return {
    ...{ nodeId, nodeName, executionId, state, cid, files, bytes },
    ...{ publishedBytes, ...scanned, events, clips, folder },
  }
}

/** How long to wait before a block is asked for again, when the requester is not there. */
const blockRetryMs = [250, 1_000, 3_000] as const

async function patientBlock(client: EdgeClient, cid: string, { signal }: CallOptions): Promise<Uint8Array> {
  for (const waitMs of blockRetryMs) {
    try {
      return await client.block(cid, { signal })
    } catch (error) {
      if (!isEdgeError(error, 'requester_unreachable')) throw error
      await pause(waitMs, signal)
    }
  }
  return client.block(cid, { signal })
}

const now = (): string => new Date().toISOString()
