import { resolve } from 'node:path'
import type { Argv } from 'yargs'
import { z } from 'zod'
import { loadSettings } from '../../config/index.ts'
import {
  EdgeError,
  OnnxEngineSpec,
  problemsOf,
  specInvalid,
  type EventsDocument,
  type LedgerDocument,
  type LedgerSource,
} from '../../domain/index.ts'
import type { Args } from '../command.ts'
import { progressText } from '../format.ts'
import { createStatus } from '../status.ts'
import { plain, type Terminal } from '../terminal.ts'
import { clipOptions, clipsOf } from './clip-options.ts'
import { policyOptions, policyOf } from './policy-options.ts'
import { rangeOf, rangeOptions } from './range-options.ts'

/** The arguments of commands that analyse files of this machine. */
export const detectionOptions = (yargs: Argv, { outputDir }: { outputDir: string }): Argv =>
  rangeOptions(clipOptions(policyOptions(yargs)))
    .positional('paths', { type: 'string', array: true, describe: 'video files or folders' })
    .option('max-det', { type: 'number', describe: 'most detections in a frame (300; label files 1000)' })
    .option('output-dir', {
      type: 'string',
      describe: `folder for events.json, ledger.json, clips, thumbnails (${outputDir})`,
    })
    .option('detector-sidecar', {
      type: 'string',
      describe: 'detector program for --provider sidecar [EDGE_DETECTOR_SIDECAR]',
    })
    .option('continue', {
      type: 'boolean',
      describe: 'go on in that folder: new files, and the rest of those that were still being written',
    })
    .option('force', { type: 'boolean', describe: 'overwrite what is there' })

export interface Detected {
  readonly events: EventsDocument
  readonly ledger: LedgerDocument
  readonly outputDir: string
}

/** Analyses the files that the arguments name; `outputDir` is where to, when they do not say. */
export async function detectHere(
  args: Args,
  terminal: Terminal,
  defaults: { readonly outputDir: string },
): Promise<Detected> {
  const paths = (args['paths'] as readonly string[] | undefined) ?? []
  if (paths.length === 0) throw new EdgeError('usage', 'which footage? Name video files or folders')
  const { engine, policy } = await policyOf(args)
  const maxDet = args['maxDet'] === undefined ? {} : { maxDetections: args['maxDet'] }
  const settings = OnnxEngineSpec.safeParse({
    ...{ type: 'onnx', ...engine, ...maxDet, ...rangeOf(args), ...clipsOf(args) },
    policy,
  })
  if (!settings.success) throw specInvalid(problemsOf(settings.error))
  const { values } = loadSettings({
    dataDir: args['dataDir'],
    detectorSidecar: args['detectorSidecar'],
  })
  const { detectLocal } = await import('../../node/detect-local.ts')
  const outputDir = resolve((args['outputDir'] as string | undefined) ?? defaults.outputDir)
  const status = createStatus(terminal)
  const { events, ledger } = await detectLocal(values, {
    paths: paths.map((path) => resolve(path)),
    spec: settings.data,
    outputDir,
    force: args['force'] === true,
    continues: args['continue'] === true,
    ...labelsOf(args),
    signal: terminal.signal,
    onProgress: (progress) => {
      status.show([`analysing  ${plain(progress.currentSource ?? '')}  ${progressText(progress)}`])
    },
  }).finally(() => {
    status.end()
  })
  return { events, ledger, outputDir }
}

const Labels = z.looseObject({
  labels: z.string().optional(),
  vidStride: z.int().min(1).optional(),
})

/** Flags of the detector: where detections are there already, they would mean nothing. */
const detectorFlags = [
  ...[
    'model',
    'mode',
    'sampleFps',
    'conf',
    'iou',
    'maxDet',
    'provider',
    'device',
    'half',
    'batch',
    'precision',
  ],
  ...['engineCache', 'imgsz', 'from', 'to', 'continue'],
]

function labelsOf(args: Args): { labels?: string; vidStride?: number | undefined } {
  const parsed = Labels.safeParse(args)
  if (!parsed.success) throw specInvalid(problemsOf(parsed.error))
  const { labels, vidStride } = parsed.data
  if (labels === undefined && vidStride !== undefined)
    throw new EdgeError('usage', '--vid-stride says how --labels are numbered; there are none')
  if (labels === undefined) return {}
  const strays = detectorFlags.filter((key) => args[key] !== undefined)
  if (strays.length > 0)
    throw new EdgeError(
      'usage',
      `with --labels nothing is detected: leave out ${strays.map(flagOf).join(', ')}`,
    )
  return { labels: resolve(labels), vidStride }
}

function flagOf(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** How to go on with files that were still being written. */
export function tellContinuations(terminal: Terminal, { sources }: LedgerDocument): void {
  for (const { source, continuation } of sources) {
    if (continuation === undefined) continue
    const from = continuation.fromSeconds
    terminal.print(
      `${plain(source)} is still being written. Go on with --from ${from} and another --output-dir, or the same again with --continue`,
    )
  }
}

/** Throws `media_unreadable` when none of the files could be read at all, `usage` when none has a frame in the range. */
export function refuseUnread({ sources }: LedgerDocument): void {
  const isMissed = ({ processed, gaps, outside = [] }: LedgerSource): boolean =>
    processed.length + gaps.length === 0 && outside.length > 0
  const [missed] = sources.filter(isMissed)
  if (missed !== undefined && sources.every(isMissed)) {
    const [from, to] = [missed.startSeconds, missed.startSeconds + missed.durationSeconds]
    throw new EdgeError(
      'usage',
      `no footage between --from and --to: ${missed.source} is from ${from.toFixed(3)} to ${to.toFixed(3)} s`,
      { hint: 'Times are the file’s own time stamps, as in events.json and ledger.json.' },
    )
  }
  const isUnread = ({ processed, continuation }: LedgerSource): boolean =>
    processed.length === 0 && continuation === undefined
  if (sources.length > 0 && sources.every(isUnread))
    throw new EdgeError('media_unreadable', 'no file could be read as video; ledger.json has the reasons')
}
