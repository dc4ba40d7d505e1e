import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EdgeError, EventsDocument, LedgerDocument } from '../../domain/index.ts'
import { fileState, fingerprintFootage } from './footage.ts'
import type { Fragment, VideoSource } from './fragment.ts'

/**
 * What an earlier run left in a folder, file by file; undefined when it holds no documents of one. Throws `output_exists`
 * for documents that cannot be read.
 */
export async function readEarlierRun(
  outputsDir: string,
  sources: readonly VideoSource[],
): Promise<readonly Fragment[] | undefined> {
  const [eventsText, ledgerText] = await Promise.all(
    ['events.json', 'ledger.json'].map((name) => readFile(join(outputsDir, name), 'utf8').catch(noFile)),
  )
  if (eventsText === undefined || ledgerText === undefined) return undefined
  try {
    const { events } = EventsDocument.parse(JSON.parse(eventsText))
    const ledger = LedgerDocument.parse(JSON.parse(ledgerText))
    const paths = new Map(sources.map(({ source, path }) => [source, path]))
    return await Promise.all(
      ledger.sources.map(async (line): Promise<Fragment> => {
        const { source, bytesIn: bytes, madeFrom, processed, gaps } = line
        const mtimeMs = await sameFileTime(paths.get(source), { bytes, fingerprint: madeFrom?.fingerprint })
        return {
          source,
          madeFrom: { bytes, mtimeMs, analysis: madeFrom?.analysis ?? '' },
          wasRead: processed.length > 0 || gaps.length === 0,
          events: events.filter((event) => event.source === source),
          ledger: line,
        }
      }),
    )
  } catch (cause) {
    throw new EdgeError('output_exists', `${outputsDir} cannot be continued: its documents cannot be read`, {
      cause,
    })
  }
}

/** When a file was last written that is what it was, by content; -1 for one that is not. */
async function sameFileTime(
  path: string | undefined,
  { bytes, fingerprint }: { readonly bytes: number; readonly fingerprint: string | undefined },
): Promise<number> {
  const now = path === undefined ? undefined : await fileState(path)
  if (path === undefined || now?.bytes !== bytes) return -1
  return (await fingerprintFootage(path)) === fingerprint ? now.mtimeMs : -1
}

function noFile(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
  throw error
}
