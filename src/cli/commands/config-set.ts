import { secretSettings, settingNamed, writeSetting } from '../../config/index.ts'
import { EdgeError } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { settingRow, settingsOf, valueText } from './config-list.ts'

/** `edge config set NAME VALUE`: checked, and written into config.yaml of the data directory. */
export const configSet: Command = {
  examples: [
    ['edge config set allow-listed-local-paths /videos,/archive:ro', 'lists with commas'],
    ['edge config set labels site=north,camera=gate', 'for the next start of the node here'],
  ],
  build: (yargs) =>
    yargs
      .positional('name', {
        type: 'string',
        demandOption: true,
        describe: 'a setting, as edge config list names it, or its flag',
      })
      .positional('value', { type: 'string', demandOption: true, describe: 'as after the flag' }),
  run: async (args, terminal) => {
    const name = settingNamed(args['name'] as string)
    if (name === 'dataDir')
      throw new EdgeError('usage', 'the data directory holds config.yaml, which cannot say where it is', {
        hint: 'Set EDGE_DATA_DIR, or give --data-dir.',
      })
    const { values } = settingsOf(args)
    const path = await writeSetting(values.dataDir, name, args['value'] as string)
    const { value, origin, from } = settingRow(settingsOf(args), name)
    terminal.print(`${name} is set in ${path}.`)
    if (origin === 'file' && !secretSettings.has(name)) terminal.print(`${name}: ${valueText(value)}`)
    if (origin !== 'file') terminal.note(`${from} is given and goes before it.`)
    terminal.note('A node that runs with this data directory reads it at its next start.')
    return exitCodes.done
  },
}
