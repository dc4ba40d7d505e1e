import { loadSettings } from '../../config/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { plain } from '../terminal.ts'
import { jsonOption } from './client-options.ts'

/** `edge model import FILE`: a model file that was tried gets a name, which then works wherever a model is named. */
export const modelImport: Command = {
  examples: [
    ['edge model import best.pt --name helmets', 'then: edge detect gate.mp4 --model helmets'],
    ['edge model import yolov5s.pt', 'the official file, where there is no network'],
  ],
  build: (yargs) =>
    jsonOption(yargs)
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'a YOLOv5 checkpoint (.pt), or an .onnx that export.py wrote',
      })
      .option('name', { type: 'string', describe: 'what to call it; default: the file’s name' })
      .option('force', { type: 'boolean', describe: 'replace the model that has this name' }),
  run: async (args, terminal) => {
    const { values } = loadSettings({ dataDir: args['dataDir'] })
    const { importModel } = await import('../../node/model-library.ts')
    const model = await importModel(
      values,
      {
        file: args['file'] as string,
        name: args['name'] as string | undefined,
        force: args['force'] === true,
      },
      { signal: terminal.signal },
    )
    if (args['json'] === true) {
      terminal.printJson(model)
      return exitCodes.done
    }
    const { name, path, kind, classes, stride, msPerFrame } = model
    const some = classes.slice(0, 5).join(', ')
    terminal.print(
      plain(
        `${name}: ${kind} of ${classes.length} classes (${some}${classes.length > 5 ? ', …' : ''}), stride ${stride}, ` +
          `runs here at ${msPerFrame.toFixed(0)} ms a frame on one thread`,
      ),
    )
    terminal.print(`It is kept at ${path}; name it with --model ${name}`)
    return exitCodes.done
  },
}
