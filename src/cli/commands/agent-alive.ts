import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { jsonOption } from './client-options.ts'

/** `edge agent alive`: exit code 0 when the API answers. */
export const agentAlive: Command = {
  examples: [['edge agent alive --api-host 10.0.0.5', 'ask the node on that machine']],
  build: jsonOption,
  run: async (args, terminal) => {
    const answer = await connect(args).alive({ signal: terminal.signal })
    if (args['json'] === true) terminal.printJson(answer)
    else terminal.print(`Status: ${answer.status}`)
    return exitCodes.done
  },
}
