import { mkdir } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { EdgeError } from '../../domain/index.ts'
import type { Reason } from '../../domain/index.ts'
import type { Abortable, Log } from '../../ports/index.ts'

/** What lies below the outputs, beside the documents. */
export type OutputKind = 'clips' | 'thumbnails' | 'previews' | 'sheets' | 'timelines'

/** The path for a file of that kind, in a folder that is there. */
export async function placeFor(outputsDir: string, kind: OutputKind, name: string): Promise<string> {
  const output = join(outputsDir, kind, name)
  await mkdir(dirname(output), { recursive: true })
  return output
}

/** The name of an output in the documents. */
export function relativeName(outputsDir: string, path: string): string {
  return relative(outputsDir, path).split(sep).join('/')
}

export interface AttemptContext extends Abortable {
  readonly about: object
  readonly log: Log
}

/** A file that cannot be made is a problem that is told, not the end of the run; only an abort throws. */
export async function attempt<T>(
  what: 'clip' | 'thumbnail' | 'preview' | 'contact sheet' | 'timeline',
  { about, log, signal }: AttemptContext,
  make: () => Promise<T>,
): Promise<{ value?: T; problem?: Reason }> {
  try {
    return { value: await make() }
  } catch (thrown) {
    signal?.throwIfAborted()
    const error = EdgeError.from(thrown)
    log.error({ ...about, error: error.toJSON() }, `the ${what} was not cut`)
    // The document is the same on every run, so ffmpeg’s words (addresses, temporary names) stay in the log.
    return { problem: { code: 'decode_error', message: `the ${what} could not be cut (${error.code})` } }
  }
}
