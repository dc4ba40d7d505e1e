import { loadSettings } from '../../config/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'

/** `edge model rm NAME`: an imported model with its name, or the pulled file of an official one. */
export const modelRm: Command = {
  examples: [['edge model rm helmets', 'the name and its file; the file it was imported from stays']],
  build: (yargs) =>
    yargs.positional('name', { type: 'string', demandOption: true, describe: 'name of the model' }),
  run: async (args, terminal) => {
    const { values } = loadSettings({ dataDir: args['dataDir'] })
    const { removeNamedModel } = await import('../../node/model-library.ts')
    const name = args['name'] as string
    await removeNamedModel(values, name)
    terminal.print(`${name} is removed`)
    return exitCodes.done
  },
}
