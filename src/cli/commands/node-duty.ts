import type { NodeView } from '../../domain/index.ts'
import type { EdgeClient } from '../../client/index.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { plain, type Terminal } from '../terminal.ts'
import { nodeArgument } from './client-options.ts'

/** `edge node cordon NODE`: it gets no new work; what it has goes on. */
export const nodeCordon: Command = {
  examples: [['edge node cordon north-gate', 'no new work for this node']],
  build: nodeArgument,
  run: async (args, terminal) => {
    const node = await connect(args).setDuty(nodeOf(args), { duty: 'cordoned' }, { signal: terminal.signal })
    terminal.print(
      `Node ${plain(node.info.name)} is cordoned: it gets no new work. ${String(node.liveExecutions)} executions go on.`,
    )
    return exitCodes.done
  },
}

/** `edge node uncordon NODE`: it gets work again, after a cordon or a drain. */
export const nodeUncordon: Command = {
  examples: [['edge node uncordon north-gate', 'work for this node again']],
  build: nodeArgument,
  run: async (args, terminal) => {
    const node = await connect(args).setDuty(nodeOf(args), { duty: 'active' }, { signal: terminal.signal })
    terminal.print(`Node ${plain(node.info.name)} gets work again.`)
    return exitCodes.done
  },
}

/** `edge node drain NODE`: no new work, what has not begun moves on, what runs is done; waits until nothing is left. */
export const nodeDrain: Command = {
  examples: [
    ['edge node drain north-gate', 'let it finish what runs, and wait for that'],
    ['edge node drain north-gate --timeout 600', 'stop what still runs after ten minutes'],
  ],
  build: (yargs) =>
    nodeArgument(yargs)
      .option('timeout', {
        type: 'number',
        describe: 'stop running work after so many seconds; batch work then moves to other nodes',
      })
      .option('wait', {
        type: 'boolean',
        default: true,
        describe: 'wait until the node has no work any more',
      }),
  run: async (args, terminal) => {
    const client = connect(args)
    const timeout = args['timeout'] as number | undefined
    const request = {
      duty: 'draining',
      ...(timeout === undefined ? {} : { drainSeconds: timeout }),
    } as const
    const node = await client.setDuty(nodeOf(args), request, { signal: terminal.signal })
    const name = plain(node.info.name)
    terminal.note(`Node ${name} is draining: ${String(node.liveExecutions)} executions are left.`)
    if (args['wait'] === false) return exitCodes.done
    await untilEmpty(client, node, terminal)
    terminal.print(`Node ${name} is drained. \`edge node uncordon ${name}\` gives it work again.`)
    return exitCodes.done
  },
}

/** Asks every second; the first Ctrl-C ends the waiting, not the draining. */
async function untilEmpty(client: EdgeClient, { id }: NodeView, { signal }: Terminal): Promise<void> {
  while ((await client.node(id, { signal })).liveExecutions > 0) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, 1000)
      signal.addEventListener('abort', done, { once: true })
      function done(): void {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
    })
    signal.throwIfAborted()
  }
}

function nodeOf(args: Readonly<Record<string, unknown>>): string {
  return args['node'] as string
}
