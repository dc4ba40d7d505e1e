import { loadSettings } from '../../config/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { bytes } from '../format.ts'
import { createStatus } from '../status.ts'
import { jsonOption } from './client-options.ts'

/** `edge model pull NAME`: an official model into the data directory; its licence is shown when it comes. */
export const modelPull: Command = {
  examples: [['edge model pull yolov5s', 'from a mirror or the release, SHA-256 verified']],
  build: (yargs) =>
    jsonOption(yargs).positional('name', {
      type: 'string',
      demandOption: true,
      describe: 'an official model; edge model list names them',
    }),
  run: async (args, terminal) => {
    const { values } = loadSettings({ dataDir: args['dataDir'] })
    const { pullModel } = await import('../../node/model-library.ts')
    const status = createStatus(terminal)
    const model = await pullModel(values, args['name'] as string, {
      signal: terminal.signal,
      onProgress: ({ bytes: done, totalBytes }) => {
        status.show([`fetching  ${String(args['name'])}  ${bytes(done)} of ${bytes(totalBytes)}`])
      },
    }).finally(() => {
      status.end()
    })
    if (args['json'] === true) {
      terminal.printJson(model)
      return exitCodes.done
    }
    const { name, path, from, licence, licenceUrl, source, sha256 } = model
    if (from === 'cache') terminal.print(`${name} is here already: ${path}`)
    else {
      terminal.print(`${name} is at ${path} (${source}; SHA-256 ${sha256})`)
      terminal.print(
        `It comes under its own licence, ${licence}${licenceUrl === null ? '' : ` (${licenceUrl})`}.`,
      )
    }
    return exitCodes.done
  },
}
