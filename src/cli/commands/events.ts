import { join } from 'node:path'
import type { EdgeEvent, EventsDocument, LedgerDocument, LineCount } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { table } from '../format.ts'
import { plain, type Terminal } from '../terminal.ts'
import { detectHere, detectionOptions, refuseUnread, tellContinuations } from './detect-here.ts'

const defaults = { outputDir: 'edge-events' }

/** `edge events PATHS --policy FILE`: what a policy makes of files of this machine, event by event. */
export const events: Command = {
  examples: [
    ['edge events gate.mp4 --policy gate.yaml', 'every event of one file, with zones and crossings'],
    ['edge events /videos --policy gate.yaml --json', 'the events document of a folder'],
    ['edge events gate.mp4 --labels runs/detect/exp/labels', 'events of what detect.py saw'],
  ],
  build: (yargs) =>
    detectionOptions(yargs, defaults)
      .option('labels', {
        type: 'string',
        describe:
          'folder of label files or detections.jsonl of another detector, in place of a model (docs/labels.md)',
      })
      .option('vid-stride', { type: 'number', describe: 'with --labels: what detect.py was told (1)' })
      .option('json', { type: 'boolean', describe: 'print events.json' }),
  run: async (args, terminal) => {
    const found = await detectHere(args, terminal, defaults)
    if (args['json'] === true) terminal.printJson(found.events)
    else {
      report(terminal, found.events, found.outputDir)
      tellContinuations(terminal, found.ledger)
    }
    tellProblems(terminal, found.ledger)
    refuseUnread(found.ledger)
    return exitCodes.done
  },
}

function report(terminal: Terminal, document: EventsDocument, outputDir: string): void {
  const rows = document.events.map((event) => [
    plain(event.source),
    event.asked.startSeconds.toFixed(1),
    event.asked.endSeconds.toFixed(1),
    plain(event.classes.join(', ')),
    String(new Set(event.tracks.map(({ id }) => id)).size),
    event.zones.join(', '),
    event.lines.map(crossed).join(', '),
    plain(event.clip ?? event.problem?.message ?? ''),
  ])
  const head = ['VIDEO', 'FROM (S)', 'TO (S)', 'CLASSES', 'OBJECTS', 'ZONES', 'CROSSED', 'CLIP']
  if (rows.length > 0) terminal.print(table(head, rows))
  else terminal.print('No events.')
  for (const count of totalCounts(document.events)) {
    const { line, leftToRight, rightToLeft } = count
    terminal.print(`Line ${line}: ${leftToRight} from left to right, ${rightToLeft} from right to left`)
  }
  terminal.print(`Events and clips are in ${outputDir}, see ${join(outputDir, 'events.json')}`)
}

/** What was wrong with labels; footage that was not read is told otherwise. */
function tellProblems(terminal: Terminal, { problems = [], sources }: LedgerDocument): void {
  for (const { message } of problems) terminal.note(`labels: ${message}`)
  for (const { source, detections, problems: own = [] } of sources)
    for (const { message } of detections === undefined ? [] : own)
      terminal.note(plain(`${source}: ${message}`))
}

function crossed({ line, leftToRight, rightToLeft }: LineCount): string {
  return `${line} ${leftToRight}>${rightToLeft}<`
}

/** Crossings of all events together, by line. */
function totalCounts(all: readonly EdgeEvent[]): readonly LineCount[] {
  const counts = new Map<string, LineCount>()
  for (const { line, leftToRight, rightToLeft } of all.flatMap(({ lines }) => lines)) {
    const before = counts.get(line) ?? { line, leftToRight: 0, rightToLeft: 0 }
    counts.set(line, {
      line,
      leftToRight: before.leftToRight + leftToRight,
      rightToLeft: before.rightToLeft + rightToLeft,
    })
  }
  return [...counts.values()].sort((a, b) => (a.line < b.line ? -1 : 1))
}
