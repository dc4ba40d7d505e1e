import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { plain } from '../terminal.ts'
import { nodeArgument } from './client-options.ts'

/** `edge node delete NODE`: the requester forgets a node that is not connected. */
export const nodeDelete: Command = {
  examples: [['edge node delete old-shed', 'forget a node that will not come back']],
  build: nodeArgument,
  run: async (args, terminal) => {
    const given = args['node'] as string
    await connect(args).deleteNode(given, { signal: terminal.signal })
    terminal.print(`Node ${plain(given)} is forgotten. Should it come back, it joins as a new one.`)
    return exitCodes.done
  },
}
