import { join } from 'node:path'
import type { LedgerDocument, LedgerSource } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { bytes, seconds, share, table } from '../format.ts'
import { plain, type Terminal } from '../terminal.ts'
import { detectHere, detectionOptions, refuseUnread, tellContinuations } from './detect-here.ts'
import { detectLabels, labelOptions, wantsLabels } from './detect-labels.ts'

const defaults = { outputDir: 'edge-detect' }

/**
 * `edge detect PATHS`: the whole pipeline on files of this machine, without any daemon; with detect.py’s own flags
 * (--source, --save-txt, ...) label files of every frame instead.
 */
export const detect: Command = {
  examples: [
    ['edge detect gate.mp4', 'events and clips into ./edge-detect'],
    [
      'edge detect /videos --continue',
      'later: new files, and the rest of those that were still being written',
    ],
    ['edge detect /videos --classes person --output-dir found', 'people in every video of a folder'],
    [
      'edge detect --source gate.mp4 --save-txt --save-conf',
      'label files into runs/detect/exp, as detect.py',
    ],
    ["edge detect --source 'photos/*.jpg' --save-txt --classes 0 2", 'pictures; classes by number'],
    ['edge detect --source gate.mp4 --save-crop', 'a JPEG of every box'],
  ],
  build: (yargs) =>
    labelOptions(detectionOptions(yargs, defaults))
      .alias({ model: 'weights', conf: 'conf-thres', iou: 'iou-thres' })
      .option('json', { type: 'boolean', describe: 'print events.json' }),
  run: async (args, terminal) => {
    if (wantsLabels(args)) return detectLabels(args, terminal)
    const { events, ledger, outputDir } = await detectHere(args, terminal, defaults)
    if (args['json'] === true) terminal.printJson(events)
    else report(terminal, ledger, outputDir)
    refuseUnread(ledger)
    return exitCodes.done
  },
}

function outsideOf({ outside = [] }: LedgerSource): readonly string[] {
  const parts = outside.map((part) => `${part.startSeconds.toFixed(1)}-${part.endSeconds.toFixed(1)} s`)
  return parts.length === 0 ? [] : [`not asked for: ${parts.join(', ')}`]
}

function report(terminal: Terminal, ledger: LedgerDocument, outputDir: string): void {
  const rows = ledger.sources.map((source) => [
    plain(source.source),
    seconds(source.durationSeconds),
    String(source.events),
    String(source.clips),
    bytes(source.bytesIn),
    bytes(source.bytesOut),
    share(source.bytesOut, source.bytesIn),
    [...source.gaps.map(({ reason }) => plain(reason.message)), ...outsideOf(source)].join('; '),
  ])
  terminal.print(
    table(['VIDEO', 'LENGTH', 'EVENTS', 'CLIPS', 'SCANNED', 'KEPT', 'SHARE', 'NOT ANALYSED'], rows),
  )
  tellContinuations(terminal, ledger)
  terminal.print(`Events and clips are in ${outputDir}, see ${join(outputDir, 'events.json')}`)
}
