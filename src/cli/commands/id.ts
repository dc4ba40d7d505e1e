import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { jsonOption } from './client-options.ts'

/** `edge id`: the libp2p peer id of the node that answers. */
export const id: Command = {
  examples: [['edge id', 'the peer id behind --peer']],
  build: jsonOption,
  run: async (args, terminal) => {
    const agent = await connect(args).agent({ signal: terminal.signal })
    if (args['json'] === true) terminal.printJson(agent)
    else terminal.print(agent.id)
    return exitCodes.done
  },
}
