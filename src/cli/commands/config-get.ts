import { settingNamed } from '../../config/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { outputOf, outputOption, printView } from '../output.ts'
import { plain } from '../terminal.ts'
import { settingRow, settingsOf, valueText } from './config-list.ts'

/** `edge config get NAME`: the value alone; a program gets where it comes from, too. */
export const configGet: Command = {
  examples: [['edge config get api-port', 'the value, and nothing else']],
  build: (yargs) =>
    outputOption(yargs).positional('name', {
      type: 'string',
      demandOption: true,
      describe: 'a setting, as edge config list names it, or its flag',
    }),
  run: (args, terminal) => {
    const row = settingRow(settingsOf(args), settingNamed(args['name'] as string))
    if (outputOf(args) === 'table') terminal.print(plain(valueText(row.value)))
    else printView(terminal, args, row, () => row)
    return Promise.resolve(exitCodes.done)
  },
}
