import { join, resolve } from 'node:path'
import { loadSettings } from '../../config/index.ts'
import {
  EdgeError,
  OnnxEngineSpec,
  problemsOf,
  specInvalid,
  type LedgerDocument,
} from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { bytes, progressText, seconds, share, table } from '../format.ts'
import { createStatus } from '../status.ts'
import { plain, type Terminal } from '../terminal.ts'
import { clipOptions, clipsOf } from './clip-options.ts'
import { policyOptions, policyOf } from './policy-options.ts'

/** `edge detect PATHS`: the whole pipeline on files of this machine, without any daemon. */
export const detect: Command = {
  examples: [
    ['edge detect gate.mp4', 'events and clips into ./edge-detect'],
    ['edge detect /videos --classes person --output-dir found', 'people in every video of a folder'],
  ],
  build: (yargs) =>
    clipOptions(policyOptions(yargs))
      .positional('paths', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'video files or folders',
      })
      .option('output-dir', {
        type: 'string',
        default: 'edge-detect',
        describe: 'folder for events.json, ledger.json, clips, thumbnails',
      })
      .option('force', { type: 'boolean', describe: 'overwrite what is there' })
      .option('json', { type: 'boolean', describe: 'print events.json' }),
  run: async (args, terminal) => {
    const { engine, policy } = policyOf(args)
    const settings = OnnxEngineSpec.safeParse({ type: 'onnx', ...engine, ...clipsOf(args), policy })
    if (!settings.success) throw specInvalid(problemsOf(settings.error))
    const { values } = loadSettings({ dataDir: args['dataDir'] })
    const { detectLocal } = await import('../../node/detect-local.ts')
    const outputDir = resolve(args['outputDir'] as string)
    const status = createStatus(terminal)
    const { events, ledger } = await detectLocal(values, {
      paths: (args['paths'] as readonly string[]).map((path) => resolve(path)),
      spec: settings.data,
      outputDir,
      force: args['force'] === true,
      signal: terminal.signal,
      onProgress: (progress) => {
        status.show([`analysing  ${plain(progress.currentSource ?? '')}  ${progressText(progress)}`])
      },
    }).finally(() => {
      status.end()
    })
    if (args['json'] === true) terminal.printJson(events)
    else report(terminal, ledger, outputDir)
    if (ledger.sources.length > 0 && ledger.sources.every(({ processed }) => processed.length === 0)) {
      throw new EdgeError('media_unreadable', 'no file could be read as video; ledger.json has the reasons')
    }
    return exitCodes.done
  },
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
    source.gaps.map(({ reason }) => plain(reason.message)).join('; '),
  ])
  terminal.print(
    table(['VIDEO', 'LENGTH', 'EVENTS', 'CLIPS', 'SCANNED', 'KEPT', 'SHARE', 'NOT ANALYSED'], rows),
  )
  terminal.print(`Events and clips are in ${outputDir}, see ${join(outputDir, 'events.json')}`)
}
