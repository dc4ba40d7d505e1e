import { loadSettings } from '../../config/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { bytes, table } from '../format.ts'
import { plain } from '../terminal.ts'
import { jsonOption } from './client-options.ts'

/** `edge model list`: every model that can be named on this machine. */
export const modelList: Command = {
  examples: [['edge model list', 'official models, and those that were imported here']],
  build: jsonOption,
  run: async (args, terminal) => {
    const { values } = loadSettings({ dataDir: args['dataDir'] })
    const { listModels } = await import('../../node/model-library.ts')
    const models = await listModels(values, { signal: terminal.signal })
    if (args['json'] === true) terminal.printJson(models)
    else {
      const rows = models.map(({ name, state, bytes: size, licence, classes, sha256 }) => [
        ...[name, state, size === null ? '–' : bytes(size), classes === null ? '' : String(classes)],
        ...[plain(licence ?? 'unknown'), sha256?.slice(0, 12) ?? '–'],
      ])
      terminal.print(table(['NAME', 'STATE', 'SIZE', 'CLASSES', 'LICENCE', 'SHA-256'], rows))
    }
    return exitCodes.done
  },
}
