import { shortId, type NodeView } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { ago, bytes, table } from '../format.ts'
import { coloured, plain } from '../terminal.ts'
import { jsonOption } from './client-options.ts'

/** `edge node list`: who is there, what they have, what they do. */
export const nodeList: Command = {
  examples: [['edge node list', 'every node that ever joined, with its state']],
  build: jsonOption,
  run: async (args, terminal) => {
    const nodes = await connect(args).nodes({ signal: terminal.signal })
    if (args['json'] === true) terminal.printJson(nodes)
    else
      terminal.print(
        table(
          ['ID', 'NAME', 'APPROVAL', 'LINK', 'ENGINES', 'CPU', 'MEMORY', 'GPU', 'RUNNING', 'PATHS', 'LABELS'],
          nodes.map(row),
        ),
      )
    return exitCodes.done
  },
}

function row({
  id,
  approval,
  duty,
  connectivity,
  disconnectedSinceMs,
  info,
  runningExecutions,
}: NodeView): string[] {
  return [
    shortId(id),
    plain(info.name),
    duty === 'active' ? approval : `${approval}, ${duty}`,
    connectivity === 'connected'
      ? coloured('good', connectivity)
      : coloured('bad', `silent since ${ago(disconnectedSinceMs ?? 0)}`),
    info.engines.map(({ type }) => type).join(','),
    `${info.free.cpu}/${info.capacity.cpu}`,
    bytes(info.capacity.memoryBytes),
    `${info.free.gpu}/${info.capacity.gpu}`,
    String(runningExecutions),
    plain(info.allowedPaths.join(',')),
    plain(
      Object.entries(info.labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(','),
    ),
  ]
}
