import { loadSettings } from '../../config/index.ts'
import type { InspectedModel } from '../../node/model-library.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { bytes } from '../format.ts'
import { plain, type Terminal } from '../terminal.ts'
import { jsonOption } from './client-options.ts'

/** `edge model inspect NAME|FILE`: what a model is, nothing of it being run. */
export const modelInspect: Command = {
  examples: [
    ['edge model inspect yolov5n', 'classes, stride, anchors, parameters, input, SHA-256, licence'],
    ['edge model inspect best.pt --imgsz 1280', 'and the frame it would take at another size'],
  ],
  build: (yargs) =>
    jsonOption(yargs)
      .positional('model', { type: 'string', demandOption: true, describe: 'a name, or a file' })
      .option('imgsz', {
        type: 'number',
        describe: 'longer side of frames in pixels (640; P6 models 1280)',
      }),
  run: async (args, terminal) => {
    const { values } = loadSettings({ dataDir: args['dataDir'] })
    const { inspectModel } = await import('../../node/model-library.ts')
    const model = await inspectModel(
      values,
      { named: args['model'] as string, imageSize: args['imgsz'] as number | undefined },
      { signal: terminal.signal },
    )
    if (args['json'] === true) terminal.printJson(model)
    else report(terminal, model)
    return exitCodes.done
  },
}

const kinds = { checkpoint: 'YOLOv5 checkpoint (.pt)', onnx: 'ONNX, written by YOLOv5’s export.py' } as const

function report(terminal: Terminal, model: InspectedModel): void {
  const { width, height, pixelFormat } = model.inputShape
  const anchors = model.anchors?.map(
    ({ stride, sizes }) =>
      `stride ${stride}: ${sizes.map((size) => size.map((side) => Number(side.toFixed(2))).join('x')).join(', ')}`,
  )
  const lines: readonly (readonly [string, string])[] = [
    ['name', model.name],
    ['file', model.path],
    ['kind', kinds[model.kind]],
    ['size', bytes(model.bytes)],
    ['SHA-256', model.sha256],
    ['licence', model.licence ?? 'unknown'],
    ['parameters', model.parameters.toLocaleString('en')],
    ['stride', String(model.stride)],
    ['input', `${width}x${height} ${pixelFormat} for footage of 1920x1080`],
    ...(anchors ?? ['not told by the file']).map((line, at) => [at === 0 ? 'anchors' : '', line] as const),
    [`classes`, `${model.classes.length}: ${model.classes.join(', ')}`],
  ]
  for (const [what, found] of lines) terminal.print(`${what.padEnd(12)}${plain(found)}`)
}
