import { createHash } from 'node:crypto'
import type { ClipsSpec, Progress, Reason, SignificancePolicy } from '../../domain/index.ts'
import type { MediaTools } from '../../media/index.ts'
import type { Abortable, Log } from '../../ports/index.ts'
import { closest } from '../../utils/closest.ts'
import { joinFragments, removeStrays, writeDocuments } from '../pipeline/index.ts'
import type { Documents, Fragment, VideoSource } from '../pipeline/index.ts'
import { ClassRegistry } from './class-registry.ts'
import { findLabels } from './find-labels.ts'
import type { LabelRoot } from './find-labels.ts'
import { gatherDetections } from './gather.ts'
import { labelVideo, settingsFor } from './label-video.ts'
import type { LabelRun } from './label-video.ts'
import { defaultLabelLimits } from './limits.ts'
import type { LabelLimits } from './limits.ts'
import { Problems, quoted } from './problems.ts'

export interface LabelEventsInit {
  readonly sources: readonly VideoSource[]
  /** Where label files and detections.jsonl are looked for. */
  readonly roots: readonly LabelRoot[]
  /** What is called the model in the documents: who made the detections. */
  readonly detector: string
  readonly policy: SignificancePolicy
  readonly clips: ClipsSpec
  /** Why the detections may be of a part of the footage only. */
  readonly brokenOff?: Reason | undefined
  /** What detect.py was told as --vid-stride: it then numbers label files by the frames that it looked at. */
  readonly vidStride?: number | undefined
  readonly threads: number
  readonly outputsDir: string
  readonly tools: MediaTools
  readonly log: Log
  readonly limits?: Partial<LabelLimits>
}

export interface LabelEventsListeners {
  readonly onProgress?: (progress: Progress) => void
  readonly onFragment?: (fragment: Fragment, isEarlier: boolean) => void
}

/**
 * Makes events and clips of detections that another program left, and writes `events.json` and `ledger.json` as an
 * analysis does. What cannot be used of them is told in the ledger. Detections are not trusted: links are not followed,
 * and `limits` bound what is read.
 */
export async function labelEvents(
  init: LabelEventsInit,
  { onProgress, onFragment }: LabelEventsListeners = {},
  { signal }: Abortable = {},
): Promise<Documents> {
  const { policy, clips, outputsDir, detector, threads } = init
  const sources = init.sources.toSorted((a, b) => (a.source < b.source ? -1 : 1))
  const problems = new Problems()
  const classes = new ClassRegistry()
  const limits = { ...defaultLabelLimits, ...init.limits }
  const found = await findLabels(init.roots, { limits, problems, signal })
  const gathered = await gatherDetections(found, { sources, classes, limits, problems }, { signal })
  const isMissing = found.folders.length + found.lines.length === 0
  const missing = isMissing ? missingReason(init.roots) : undefined
  const { tools, brokenOff, vidStride = 1, log } = init
  const lanes = Math.max(1, Math.floor(threads))
  const run: LabelRun = {
    tools,
    classes,
    policy,
    clips,
    outputsDir,
    lanes,
    vidStride,
    brokenOff,
    missing,
    log,
  }
  const fragments: Fragment[] = []
  const hashes: [string, string][] = []
  const tell = (current?: string): void => onProgress?.(progressOf(fragments, sources.length, current))
  for (const source of sources) {
    signal?.throwIfAborted()
    tell(source.source)
    const { fragment, detectionsSha256 } = await labelVideo(source, gathered.get(source.source), run, {
      signal,
    })
    hashes.push([source.source, detectionsSha256])
    fragments.push(fragment)
    tell()
    onFragment?.(fragment, false)
  }
  if (!isMissing) noteUnknownClasses(policy, classes, problems)
  const { policy: _policy, ...numbers } = settingsFor(policy)
  const documents = joinFragments({
    model: { identity: { name: detector, sha256: hashOf(hashes) } },
    provider: { name: 'labels', reason: 'the detections were left by another program' },
    threads: lanes,
    settings: { ...numbers, policy, clips },
    fragments,
    problems: [...(missing === undefined ? [] : [missing]), ...problems.told],
  })
  await removeStrays(outputsDir, documents.events)
  await writeDocuments(outputsDir, documents)
  return documents
}

function missingReason(roots: readonly LabelRoot[]): Reason {
  const places = roots.map(({ name }) => name).join(', ')
  return {
    code: 'labels_missing',
    message: `there is neither a folder labels nor a detections.jsonl in ${places}`,
  }
}

/** Classes are known by name only when somebody told them: one that nobody did may be a slip. */
function noteUnknownClasses(policy: SignificancePolicy, { names }: ClassRegistry, problems: Problems): void {
  for (const wanted of policy.classes.filter((name) => !names.includes(name))) {
    const meant = closest(wanted, names)
    const hint = meant === undefined ? '' : `, perhaps ${quoted(meant)}`
    problems.add(
      'labels_unmatched',
      'classes of the policy that no detection and no names file has',
      `${quoted(wanted)}${hint}`,
    )
  }
}

function progressOf(
  fragments: readonly Fragment[],
  filesTotal: number,
  current: string | undefined,
): Progress {
  const frames = fragments.reduce((sum, { ledger }) => sum + ledger.frames.inFile, 0)
  return {
    ...{
      filesDone: fragments.length,
      filesTotal,
      framesDone: frames,
      framesTotal: frames,
      framesPerSecond: 0,
    },
    events: fragments.reduce((sum, { events }) => sum + events.length, 0),
    ...(current === undefined ? {} : { currentSource: current }),
  }
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}
