import { resolve } from 'node:path'
import { loadSettings } from '../../config/index.ts'
import { EdgeError } from '../../domain/index.ts'
import type { QuantisedLocal } from '../../node/quantise-local.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { table } from '../format.ts'
import { createStatus } from '../status.ts'
import { coloured, plain, type Terminal } from '../terminal.ts'
import { jsonOption } from './client-options.ts'

const leastFrames = 8
const mostFrames = 1000

/** `edge model quantize MODEL --calibrate VIDEOS`: int8 for a model, kept only where it agrees with float. */
export const modelQuantize: Command = {
  examples: [
    ['edge model quantize yolov5n --calibrate /videos', 'jobs on this machine then run it in int8'],
    ['edge model quantize yolov5n --calibrate gate.mp4 yard.mp4 --frames 200', 'more frames of two files'],
  ],
  build: (yargs) =>
    jsonOption(yargs)
      .positional('model', {
        type: 'string',
        demandOption: true,
        describe: 'known name, or path of a .pt file',
      })
      .option('calibrate', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'video files or folders, like those that will be analysed',
      })
      .option('frames', {
        type: 'number',
        default: 128,
        describe: 'frames for each size of footage: half to calibrate with, half to compare',
      }),
  run: async (args, terminal) => {
    const frames = args['frames'] as number
    if (!Number.isInteger(frames) || frames < leastFrames || frames > mostFrames)
      throw new EdgeError('usage', `--frames ${frames}: a whole number from ${leastFrames} to ${mostFrames}`)
    const { values } = loadSettings({ dataDir: args['dataDir'] })
    const { quantiseLocal } = await import('../../node/quantise-local.ts')
    const status = createStatus(terminal)
    const found = await quantiseLocal(values, {
      model: args['model'] as string,
      paths: (args['calibrate'] as readonly string[]).map((path) => resolve(path)),
      frames,
      onStep: (what) => {
        status.show([`quantising  ${what}`])
      },
      signal: terminal.signal,
    }).finally(() => {
      status.end()
    })
    if (args['json'] === true) terminal.printJson(found)
    else report(terminal, found)
    return found.shapes.every(({ objections }) => objections.length === 0) ? exitCodes.done : exitCodes.failed
  },
}

function report(terminal: Terminal, { model, shapes, leftOut }: QuantisedLocal): void {
  for (const line of leftOut) terminal.note(`left out: ${plain(line)}`)
  const rows = shapes.map(({ width, height, videos, calibrationFrames, agreement, floatMs, int8Ms }) => [
    `${width}x${height}`,
    String(videos),
    `${calibrationFrames} + ${agreement.frames}`,
    `${agreement.floatBoxes} / ${agreement.int8Boxes}`,
    share(agreement.recall),
    share(agreement.precision),
    share(agreement.scoreDifference),
    `${floatMs.toFixed(1)} / ${int8Ms.toFixed(1)}`,
  ])
  const head = ['FRAMES OF', 'VIDEOS', 'USED', 'BOXES', 'RECALL', 'PRECISION', 'SCORES DIFFER', 'MS A FRAME']
  terminal.print(table(head, rows))
  terminal.print('')
  terminal.print('USED: to calibrate + to compare. BOXES and MS A FRAME (one thread): float / int8.')
  for (const { width, height, objections, file } of shapes) {
    const name = `${plain(model)} for ${width}x${height}`
    if (file !== null) terminal.print(`${coloured('good', 'accepted')}  ${name}: ${plain(file)}`)
    else terminal.print(`${coloured('bad', 'refused')}   ${name}, float stays: ${objections.join('; ')}`)
  }
}

function share(value: number | null): string {
  return value === null ? '–' : value.toFixed(3)
}
