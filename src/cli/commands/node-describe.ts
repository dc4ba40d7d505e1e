import type { NodeView } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { bytes, timeText } from '../format.ts'
import { outputOption, printView } from '../output.ts'
import { plain } from '../terminal.ts'
import { nodeArgument } from './client-options.ts'

/** `edge node describe NODE`: what a node has, what it offers, and whether it is there. */
export const nodeDescribe: Command = {
  examples: [
    ['edge node describe north-gate', 'labels, capacity, engines, allow-listed paths, link'],
    ['edge node describe north-gate --output json', 'the same for programs'],
  ],
  build: (yargs) => nodeArgument(outputOption(yargs)),
  run: async (args, terminal) => {
    const node = await connect(args).node(args['node'] as string, { signal: terminal.signal })
    printView(terminal, args, node, () => readable(node))
    return exitCodes.done
  },
}

function readable(node: NodeView): object {
  const { info, disconnectedSinceMs } = node
  return {
    id: node.id,
    name: plain(info.name),
    version: plain(info.version),
    approval: node.approval,
    ...(node.duty === 'active' ? {} : { duty: node.duty }),
    connectivity: node.connectivity,
    ...(disconnectedSinceMs === undefined ? {} : { 'disconnected since': timeText(disconnectedSinceMs) }),
    'first seen': timeText(node.firstSeenAtMs),
    ...(node.connectivity === 'connected' ? {} : { 'last seen': timeText(node.lastSeenAtMs) }),
    running: `${String(node.runningExecutions)} of at most ${String(info.maxConcurrent)} at a time`,
    labels: info.labels,
    capacity: amounts(info.capacity),
    free: amounts(info.free),
    devices: info.devices,
    engines: Object.fromEntries(info.engines.map(({ type, detail }) => [type, plain(detail)])),
    sources: info.sources,
    'allowed paths': info.allowedPaths.map(plain),
  }
}

/** `{memoryBytes: 8589934592}` as `{memory: '8.6 GB'}`; whatever else a node gives out is shown as it is. */
function amounts(resources: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(
    Object.entries(resources).map(([name, amount]) =>
      name.endsWith('Bytes') && typeof amount === 'number'
        ? [name.slice(0, -'Bytes'.length), bytes(amount)]
        : [name, amount],
    ),
  )
}
