import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ExecutionId, JobId, NodeId } from '../domain/index.ts'
import { errnoOf } from '../utils/errno.ts'
import { replaceFile } from '../utils/whole-file.ts'
import { parseJson } from '../utils/parse-json.ts'

/** One result as it lies on disk. Bytes and files are what is in the folder, `publishedBytes` what the node said. */
export const FetchedResult = z.object({
  nodeId: NodeId,
  nodeName: z.string(),
  executionId: ExecutionId,
  state: z.string(),
  cid: z.string(),
  files: z.int(),
  bytes: z.int(),
  publishedBytes: z.int(),
  scannedFiles: z.int(),
  scannedBytes: z.int(),
  scannedSeconds: z.number(),
  events: z.int(),
  clips: z.int(),
  folder: z.string().meta({ description: 'below the folder of the job' }),
})
export type FetchedResult = z.infer<typeof FetchedResult>

/**
 * `manifest.json` in the folder of a job: whose it is and what lies where. While `isComplete` is false a download has
 * not ended; `pending` are results that the requester did not have yet.
 */
export const ResultManifest = z.object({
  format: z.literal('edge/manifest/v1'),
  jobId: JobId,
  fetchedAt: z.string().meta({ description: 'ISO 8601' }),
  isComplete: z.boolean(),
  results: z.array(FetchedResult),
  pending: z.array(z.object({ nodeName: z.string(), executionId: ExecutionId, cid: z.string() })),
})
export type ResultManifest = z.infer<typeof ResultManifest>

const fileName = 'manifest.json'

/** The manifest in a folder; undefined when there is none, or none of ours. */
export async function readManifest(folder: string): Promise<ResultManifest | undefined> {
  try {
    return ResultManifest.safeParse(parseJson(await readFile(join(folder, fileName), 'utf8'))).data
  } catch (error) {
    if (['ENOENT', 'EISDIR'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}

/** Replaces the manifest in one step: a reader sees the old one or the new one. */
export async function writeManifest(folder: string, manifest: ResultManifest): Promise<void> {
  await replaceFile(join(folder, fileName), `${JSON.stringify(manifest, undefined, 2)}\n`)
}
