import { isEdgeError } from '../../domain/index.ts'
import { edgeVersion } from '../../utils/version.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { table } from '../format.ts'
import { jsonOption } from './client-options.ts'

/** `edge version`: of this program and of the node that answers; --client asks nobody. */
export const version: Command = {
  examples: [['edge version --client', 'of this program alone']],
  build: (yargs) => jsonOption(yargs).option('client', { type: 'boolean', describe: 'ask no node' }),
  run: async (args, terminal) => {
    const server = args['client'] === true ? undefined : await serverVersion(args, terminal.signal)
    if (args['json'] === true)
      terminal.printJson({ client: edgeVersion, ...(server === undefined ? {} : { server }) })
    else if (args['client'] === true) terminal.print(edgeVersion)
    else terminal.print(table(['CLIENT', 'SERVER'], [[edgeVersion, server ?? '(no node answers)']]))
    return exitCodes.done
  },
}

async function serverVersion(
  args: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return (await connect(args).version({ signal })).version
  } catch (error) {
    if (isEdgeError(error, 'requester_unreachable')) return undefined
    throw error
  }
}
