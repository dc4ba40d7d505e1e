import { resolve } from 'node:path'
import type { Argv } from 'yargs'
import { z } from 'zod'
import { EdgeError, EventsDocument, LedgerDocument, problemsOf } from '../../domain/index.ts'
import type { BoundCheck, Evaluation, Scores, TruthDocument } from '../../inference/evaluation/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { coloured, plain, type Terminal } from '../terminal.ts'
import { table } from '../format.ts'
import { readDocument } from '../read-document.ts'
import { jsonOption } from './client-options.ts'

const share = z.number().min(0).max(1).optional()
const amount = z.number().min(0).optional()
const Options = z.looseObject({
  truth: z.string().optional(),
  againstLabels: z.string().optional(),
  events: z.string(),
  ledger: z.string().optional(),
  fps: z.number().positive().optional(),
  names: z.string().optional(),
  match: z.enum(['one-to-one', 'any']),
  tolerance: z.number().min(0),
  minIou: z.number().min(0).max(1),
  minRecall: share,
  minPrecision: share,
  minF1: share,
  minCoverage: share,
  maxFalsePerHour: amount,
  maxStartError: amount,
  maxEndError: amount,
  maxEventsPerVisit: amount,
  maxKept: share,
})
type Options = z.infer<typeof Options>

/** `edge eval`: how good the events of a run are; exit code 1 when a bound is missed, so that a build can fail on it. */
export const evaluateEvents: Command = {
  examples: [
    ['edge eval --truth truth.yaml --events edge-detect/events.json', 'recall, precision, coverage, ...'],
    [
      'edge eval --truth truth.yaml --events events.json --ledger ledger.json --min-recall 0.95 --max-false-per-hour 2',
      'exit code 1 when a bound is missed',
    ],
    [
      'edge eval --against-labels runs/detect/exp/labels --events events.json --ledger ledger.json',
      'truth made of the labels of every frame',
    ],
  ],
  build: (yargs) => boundOptions(inputOptions(jsonOption(yargs))),
  run: async (args, terminal) => {
    const parsed = Options.safeParse(args)
    if (!parsed.success) {
      const lines = problemsOf(parsed.error).map(({ path, message }) => `${flagOf(path)}: ${message}`)
      throw new EdgeError('usage', lines.join('. '))
    }
    const options = parsed.data
    const { checkBounds, defaultRule, evaluate } = await import('../../inference/evaluation/index.ts')
    const events = await parseFile(options.events, EventsDocument)
    const ledger = options.ledger === undefined ? undefined : await parseFile(options.ledger, LedgerDocument)
    const truth = await truthOf(options, { events, ledger, terminal })
    const { match, tolerance, minIou } = options
    const rule = { ...defaultRule, pairing: match, toleranceSeconds: tolerance, minIou }
    const evaluation = evaluate({ truth, events, ledger, rule })
    const checks = checkBounds(evaluation.total, options)
    if (args['json'] === true) terminal.printJson({ ...evaluation, bounds: checks })
    else report(terminal, evaluation, checks)
    return checks.every(({ isKept }) => isKept) ? exitCodes.done : exitCodes.failed
  },
}

const inputOptions = (yargs: Argv): Argv =>
  yargs
    .option('truth', { type: 'string', describe: 'what should be found, YAML or JSON (docs/eval.md)' })
    .option('against-labels', {
      type: 'string',
      describe: 'make the truth of dense labels: folder of --save-txt files, or .jsonl',
    })
    .option('events', { type: 'string', demandOption: true, describe: 'events.json of a run' })
    .option('ledger', { type: 'string', describe: 'its ledger.json: durations, bytes, files without events' })
    .option('fps', { type: 'number', describe: 'frame rate of the labels, where no ledger tells it' })
    .option('names', { type: 'string', describe: 'class names of the labels, e.g. data.yaml (COCO’s 80)' })
    .option('match', {
      choices: ['one-to-one', 'any'] as const,
      default: 'one-to-one',
      describe: 'each event finds one truth, or any that it overlaps',
    })
    .option('tolerance', {
      type: 'number',
      default: 0,
      describe: 'seconds that may lie between a truth and its event',
    })
    .option('min-iou', { type: 'number', default: 0, describe: 'least overlap / union in time of a match' })
    .conflicts('truth', 'against-labels')
    .group(['truth', 'against-labels', 'events', 'ledger', 'fps', 'names'], 'What is compared:')
    .group(['match', 'tolerance', 'min-iou'], 'What counts as found:')

const bounds = {
  'min-recall': 'share of the truths that were found',
  'min-precision': 'share of the events that are right',
  'min-f1': 'harmonic mean of both',
  'min-coverage': 'share of the truth’s time that is in the clips',
  'max-false-per-hour': 'false events per hour of footage',
  'max-start-error': 'seconds, median',
  'max-end-error': 'seconds, median',
  'max-events-per-visit': 'events for one truth',
  'max-kept': 'bytes published / bytes in, 0..1',
} as const

const boundOptions = (yargs: Argv): Argv =>
  Object.entries(bounds)
    .reduce((built, [name, describe]) => built.option(name, { type: 'number', describe }), yargs)
    .group(Object.keys(bounds), 'Bounds (exit code 1 when one is missed):')

async function truthOf(
  { truth, againstLabels, fps, names }: Options,
  about: { events: EventsDocument; ledger: LedgerDocument | undefined; terminal: Terminal },
): Promise<TruthDocument> {
  const evaluation = await import('../../inference/evaluation/index.ts')
  if (truth !== undefined) return parseFile(truth, evaluation.TruthDocument)
  if (againstLabels === undefined)
    throw new EdgeError('usage', 'which truth? Give --truth or --against-labels')
  const { events, ledger, terminal } = about
  const byLedger = ledger === undefined ? undefined : evaluation.timesByLedger(ledger)
  const all = await evaluation.readLabels(resolve(againstLabels))
  const videos = byLedger === undefined ? all : all.filter(({ stem }) => byLedger(stem) !== undefined)
  if (videos.length === 0)
    throw new EdgeError('usage', `none of the labels in ${againstLabels} are of footage in the ledger`)
  if (videos.length < all.length)
    terminal.note(
      `labels of ${all.length - videos.length} videos are left out: the ledger does not have them`,
    )
  return evaluation.truthDocumentOf({
    videos,
    rules: evaluation.rulesOfPolicy(events.policy),
    classNames: names === undefined ? evaluation.cocoClasses : await classNames(names),
    timesOf: (stem) => {
      const known = byLedger?.(stem)
      return fps === undefined ? known : { startSeconds: 0, ...known, framesPerSecond: fps }
    },
  })
}

const Names = z.union([
  z.array(z.string()),
  z.looseObject({ names: z.union([z.array(z.string()), z.record(z.string(), z.string())]) }),
])

/** A list of names, or a data.yaml whose `names` is a list or has numbers for keys. */
async function classNames(file: string): Promise<readonly string[]> {
  const document = await parseFile(file, Names)
  const names = Array.isArray(document) ? document : document.names
  if (Array.isArray(names)) return names
  const list: string[] = []
  for (const [key, name] of Object.entries(names)) list[Number(key)] = name
  return list
}

async function parseFile<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(await readDocument(file))
  if (parsed.success) return parsed.data
  const lines = problemsOf(parsed.error).map(({ path, message }) => `  ${path || '(document)'}: ${message}`)
  throw new EdgeError('usage', [`${file} is not what is expected there:`, ...lines.slice(0, 20)].join('\n'), {
    hint: 'docs/eval.md describes the formats.',
  })
}

function flagOf(path: string): string {
  return `--${path.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

function report(terminal: Terminal, evaluation: Evaluation, checks: readonly BoundCheck[]): void {
  const head = ['SOURCE', 'FOUND', 'RIGHT', 'RECALL', 'PRECISION', 'F1', 'FALSE/H', 'COVERED', 'START', 'END']
  const rows = evaluation.sources.map((source) => row(plain(source.source), source))
  terminal.print(table(head, [...rows, row('total', evaluation.total)]))
  const { total, rule, notJudged } = evaluation
  terminal.print('')
  terminal.print(
    `START and END: median / p95 error in seconds. Events per visit ${number(total.eventsPerVisit)}, ` +
      `kept ${percent(total.keptRatio)} of the bytes. Matching: ${rule.pairing}.`,
  )
  for (const source of evaluation.sources) {
    for (const missed of source.missed)
      terminal.print(
        `missed  ${plain(source.source)}  ${missed.startSeconds.toFixed(2)} to ${missed.endSeconds.toFixed(2)} s  ${plain(missed.classes.join(', '))}`,
      )
    for (const id of source.falseEvents) terminal.print(`false   ${plain(source.source)}  event ${plain(id)}`)
  }
  if (notJudged.length > 0)
    terminal.print(`not judged, for the truth does not name them: ${plain(notJudged.join(', '))}`)
  for (const { bound, limit, value, isKept } of checks) {
    const found = value === null ? (isKept ? 'nothing to measure' : 'cannot be told') : value.toFixed(4)
    const verdict = isKept ? coloured('good', 'kept  ') : coloured('bad', 'MISSED')
    terminal.print(`${verdict}  ${flagOf(bound)} ${limit}: ${found}`)
  }
}

function row(name: string, scores: Scores): string[] {
  const { startError, endError } = scores
  return [
    name,
    `${scores.found}/${scores.truths}`,
    `${scores.right}/${scores.events}`,
    percent(scores.recall),
    percent(scores.precision),
    number(scores.f1),
    number(scores.falsePerHour),
    percent(scores.coverage),
    `${number(startError.median)} / ${number(startError.p95)}`,
    `${number(endError.median)} / ${number(endError.p95)}`,
  ]
}

function percent(value: number | null): string {
  return value === null ? '–' : `${(100 * value).toFixed(1)}%`
}

function number(value: number | null): string {
  return value === null ? '–' : value.toFixed(2)
}
