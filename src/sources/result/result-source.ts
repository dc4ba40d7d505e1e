import { chmod, realpath, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { downloadFolder } from '../../content/index.ts'
import { EdgeError, isEdgeError, resultFolders } from '../../domain/index.ts'
import type { ErrorCode, InputSourceSpec, ReasonCode } from '../../domain/index.ts'
import type { InputSource, Inspection, PreparedInput } from '../../ports/index.ts'
import { isFolderThere, type InputCache, type Wanted } from '../cache/index.ts'
import { inputPlace } from '../input-place.ts'
import { RequesterResults, type EarlierJob, type RequesterResultsInit } from './requester-results.ts'

export interface ResultSourceInit extends Omit<RequesterResultsInit, 'retryMs'> {
  readonly cache: Pick<InputCache, 'find' | 'use'>
  /** Default: 0.5, 2, 5 and 15 s. */
  readonly retryMs?: readonly number[]
}

type Result = Extract<InputSourceSpec, { type: 'result' }>
type Piece = EarlierJob['results'][number]

/**
 * The input source `result`: what an earlier job published, read from the requester, every block verified, kept by CID, and
 * laid out as `<node-name>-<cid8>/...` with the same paths as in the results. A bid while the earlier job is not over, or a
 * result of it not at the requester yet, is no for now (`input_not_ready`): the node is asked again.
 */
export function createResultSource({
  cache,
  retryMs = [500, 2_000, 5_000, 15_000],
  ...init
}: ResultSourceInit): InputSource {
  const earlier = new RequesterResults({ ...init, retryMs })
  return {
    type: 'result',
    async inspect(source, options = {}): Promise<Inspection> {
      const spec = resultOf(source)
      try {
        const { results } = await earlier.of(spec.job, options)
        const kept = results.map((piece) => cache.find(identityOf(piece, spec)))
        return {
          ok: true,
          files: kept.reduce((sum, each) => sum + (each?.files ?? 0), 0),
          bytes: kept.reduce((sum, each) => sum + (each?.bytes ?? 0), 0),
        }
      } catch (error) {
        if (!isEdgeError(error)) throw error
        return { ok: false, reason: { code: reasonOf(error.code), message: error.message.slice(0, 4000) } }
      }
    },
    async prepare({ source, target, scratchDir }, options = {}): Promise<PreparedInput> {
      const spec = resultOf(source)
      const place = inputPlace(scratchDir, target)
      const prepared = async (): Promise<PreparedInput> => ({
        hostPath: await realpath(place),
        target,
        readOnly: true,
      })
      // An earlier attempt laid it out: no network is needed for it any more.
      if (await isFolderThere(place)) return prepared()
      const job = await earlier.of(spec.job, options)
      const folders = resultFolders(job.results)
      const unfinished = `${place}.unfinished`
      await rm(unfinished, { recursive: true, force: true })
      let laidOut = 0
      for (const [index, piece] of job.results.entries()) {
        const wanted = wantedOf(earlier, { job, piece, spec })
        const folder = join(unfinished, folders[index] ?? piece.cid)
        if (await hasAny(() => cache.use(wanted, folder, options))) laidOut += 1
      }
      if (laidOut === 0)
        throw new EdgeError('path_missing', `no result of job ${spec.job} has ${JSON.stringify(spec.path)}`, {
          hint: `See what it has: edge get ${spec.job}`,
        })
      // The work may run as somebody else.
      await chmod(unfinished, 0o755)
      await rename(unfinished, place)
      return prepared()
    },
  }
}

function resultOf(source: InputSourceSpec): Result {
  if (source.type === 'result') return source
  throw new EdgeError('internal', `the result source was given a ${source.type} input`)
}

/** False when the result has not got the path: others may. */
async function hasAny(use: () => Promise<void>): Promise<boolean> {
  try {
    await use()
    return true
  } catch (error) {
    if (isEdgeError(error, 'path_missing')) return false
    throw error
  }
}

/** Content that is the same is the same input, whichever job published it. */
function identityOf({ cid }: Piece, { path }: Result): string {
  return `result\n${cid}\n${path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/')}`
}

function wantedOf(
  earlier: RequesterResults,
  { job: { jobId }, piece, spec }: { readonly job: EarlierJob; readonly piece: Piece; readonly spec: Result },
): Wanted {
  const { cid, bytes, executionId } = piece
  const what = `edge://${jobId}/${spec.path} (${cid})`
  return {
    identity: identityOf(piece, spec),
    what,
    fetch: async ({ content, room, signal }) => {
      await downloadFolder({
        root: cid,
        fetchBlock: (block, options) => earlier.block({ jobId, executionId }, block, options),
        target: content,
        only: spec.path,
        onTree: async (tree) => {
          if (tree.files === 0) throw new EdgeError('path_missing', `${what} holds no file`)
          await room(tree.bytes)
        },
        limits: { maxBytes: bytes },
        signal,
      })
    },
  }
}

const codes: Partial<Record<ErrorCode, ReasonCode>> = {
  input_not_ready: 'input_not_ready',
  path_missing: 'path_missing',
  input_empty: 'input_empty',
}

function reasonOf(code: ErrorCode): ReasonCode {
  return codes[code] ?? 'input_unavailable'
}
