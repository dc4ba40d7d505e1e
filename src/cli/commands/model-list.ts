import { loadSettings } from '../../config/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { bytes } from '../format.ts'
import { listOptions, printRows, type Column } from '../output.ts'
import { plain } from '../terminal.ts'
import type { ListedModel } from '../../node/model-library.ts'

/** `edge model list`: every model that can be named on this machine. */
export const modelList: Command = {
  examples: [['edge model list', 'official models, and those that were imported here']],
  build: listOptions,
  run: async (args, terminal) => {
    const { values } = loadSettings({ dataDir: args['dataDir'] })
    const { listModels } = await import('../../node/model-library.ts')
    const models = await listModels(values, { signal: terminal.signal })
    printRows(terminal, args, models, columns)
    return exitCodes.done
  },
}

const columns: readonly Column<ListedModel>[] = [
  { title: 'NAME', mayCut: true, text: ({ name }) => plain(name) },
  { title: 'STATE', text: ({ state }) => state },
  { title: 'SIZE', text: ({ bytes: size }) => (size === null ? '–' : bytes(size)) },
  { title: 'CLASSES', text: ({ classes }) => (classes === null ? '' : String(classes)) },
  { title: 'LICENCE', mayCut: true, text: ({ licence }) => plain(licence ?? 'unknown') },
  { title: 'SHA-256', text: ({ sha256 }) => sha256?.slice(0, 12) ?? '–' },
  { title: 'FULL SHA-256', isWide: true, text: ({ sha256 }) => sha256 ?? '–' },
]
