import { loadSettings } from '../../config/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { jsonOption } from './client-options.ts'

/** `edge token new`: another API token for the node of a data directory, shown once; the one before is worth nothing then. */
export const tokenNew: Command = {
  examples: [
    ['edge token new', 'for the node whose data is in ~/.edge'],
    ['edge token new --data-dir /var/lib/edge --json', 'for another one, as {"token": ...}'],
  ],
  build: (yargs) =>
    jsonOption(yargs).epilogue(
      'A node has one token, which may do everything, and asks for it where its API is reachable from other machines\n' +
        '(--host). Several tokens with roles, to list and revoke, are not there yet.',
    ),
  run: async (args, terminal) => {
    const { values } = loadSettings({ dataDir: args['dataDir'] })
    const { newApiToken } = await import('../../node/api-access.ts')
    const token = await newApiToken(values.dataDir)
    if (args['json'] === true) {
      terminal.printJson({ token })
      return exitCodes.done
    }
    terminal.print(`export EDGE_API_TOKEN=${token}`)
    terminal.note(`This is shown only now; ${values.dataDir} keeps its hash.`)
    terminal.note('The token before it ends when the node starts the next time; restart it now if it runs.')
    return exitCodes.done
  },
}
