import type { Approval } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { plain } from '../terminal.ts'
import { jsonOption, nodeArgument } from './client-options.ts'

/** `edge node approve NODE`: the node may take part. */
export const nodeApprove = approvalCommand('approved', 'approve')
/** `edge node reject NODE`: the node may not, and its next join is refused. */
export const nodeReject = approvalCommand('rejected', 'reject')

function approvalCommand(approval: Approval, verb: string): Command {
  return {
    examples: [[`edge node ${verb} north-gate`, 'by name, id or the end of the id']],
    build: (yargs) => nodeArgument(jsonOption(yargs)),
    run: async (args, terminal) => {
      const node = await connect(args).setApproval(args['node'] as string, approval, {
        signal: terminal.signal,
      })
      if (args['json'] === true) terminal.printJson(node)
      else terminal.print(`Node ${plain(node.info.name)} is ${approval}.`)
      return exitCodes.done
    },
  }
}
