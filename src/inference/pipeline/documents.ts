import { mkdir, readdir, rm } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { EventsDocument, LedgerDocument } from '../../domain/index.ts'
import type { Reason, SignificancePolicy } from '../../domain/index.ts'
import type { ProviderChoice } from '../detector/index.ts'
import { replaceFile } from '../../utils/whole-file.ts'
import { roundExactly } from '../events/index.ts'
import type { Model } from '../model/index.ts'
import { totalSeconds } from './coverage.ts'
import { eventFiles } from './fragment.ts'
import type { Fragment } from './fragment.ts'

/** Both documents of a run. */
export interface Documents {
  readonly events: EventsDocument
  readonly ledger: LedgerDocument
}

export interface DocumentsInput {
  readonly model: Pick<Model, 'identity'>
  readonly provider: Omit<ProviderChoice, 'name'> & { readonly name: string }
  readonly threads: number
  readonly settings: { readonly policy: SignificancePolicy; readonly [setting: string]: unknown }
  readonly fragments: readonly Fragment[]
  /** What is wrong beyond one source. */
  readonly problems?: readonly Reason[]
}

/** Joins the fragments, by the name of their source: their order does not matter. */
export function joinFragments(input: DocumentsInput): Documents {
  const { model, provider, threads, settings, fragments, problems = [] } = input
  const ordered = fragments.toSorted((a, b) => (a.source < b.source ? -1 : 1))
  const { policy, ...numbers } = settings
  const sources = ordered.map(({ ledger }) => ledger)
  const outsideSeconds = totalSeconds(sources.flatMap(({ outside = [] }) => outside))
  const sum = (of: (source: (typeof sources)[number]) => number): number =>
    sources.reduce((all, one) => all + of(one), 0)
  return {
    // Parsing puts every object’s keys into the order of its schema, wherever a fragment was kept meanwhile.
    events: EventsDocument.parse({
      format: 'edge/events/v1',
      model: model.identity,
      policy: { ...policy, classes: policy.classes.toSorted() },
      events: ordered.flatMap(({ events }) => events),
    }),
    ledger: LedgerDocument.parse({
      format: 'edge/ledger/v1',
      model: model.identity,
      provider,
      settings: { ...numbers, policy, threads },
      sources,
      ...(problems.length === 0 ? {} : { problems: [...problems] }),
      totals: {
        sources: sources.length,
        bytesIn: sum(({ bytesIn }) => bytesIn),
        bytesOut: sum(({ bytesOut }) => bytesOut),
        footageSeconds: roundExactly(sum(({ durationSeconds }) => durationSeconds)),
        processedSeconds: roundExactly(sum(({ processed }) => totalSeconds(processed))),
        gapSeconds: roundExactly(sum(({ gaps }) => totalSeconds(gaps))),
        ...(outsideSeconds > 0 ? { outsideSeconds } : {}),
        framesSampled: sum(({ frames }) => frames.sampled),
        events: sum(({ events }) => events),
        clips: sum(({ clips }) => clips),
        elapsedSeconds: roundExactly(sum(({ elapsedSeconds }) => elapsedSeconds)),
      },
    }),
  }
}

/** Writes `events.json` and `ledger.json`, each whole or not at all. */
export async function writeDocuments(outputsDir: string, { events, ledger }: Documents): Promise<void> {
  await mkdir(outputsDir, { recursive: true })
  // The same partial name each time: a run that is killed leaves no more than one, which the next takes away.
  for (const [name, document] of Object.entries({ 'ledger.json': ledger, 'events.json': events })) {
    await replaceFile(join(outputsDir, name), `${JSON.stringify(document, null, 2)}\n`, {
      partialName: `.${name}.part`,
    })
  }
}

const generatedName = /^\.?(minus-)?\d{2,}h\d{2}m\d{2}\.\d{3}s-/

/** Folders in which clips are made; a source’s folder never begins with a dot. */
const scratchName = /^\.(minus-)?\d{2,}h\d{2}m\d{2}\.\d{3}s-/

/** Removes clips and thumbnails that no event names: what an attempt that was broken off has left. */
export async function removeStrays(outputsDir: string, { events }: EventsDocument): Promise<void> {
  const named = new Set(events.flatMap(eventFiles))
  for (const kind of ['clips', 'thumbnails', 'previews']) {
    const entries = await readdir(join(outputsDir, kind), { recursive: true, withFileTypes: true }).catch(
      noFolder,
    )
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name)
      if (entry.isDirectory() && scratchName.test(entry.name))
        await rm(path, { recursive: true, force: true })
      if (!entry.isFile() || !generatedName.test(entry.name)) continue
      if (!named.has(relative(outputsDir, path).split(sep).join('/'))) await rm(path, { force: true })
    }
  }
}

function noFolder(error: unknown): [] {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') return []
  throw error
}
