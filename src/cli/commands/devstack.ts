import { mkdtemp, realpath, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { createClient } from '../../client/index.ts'
import { loadSettings } from '../../config/index.ts'
import type { Devstack } from '../../node/devstack.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { parseOptions } from '../parse-options.ts'
import type { Terminal } from '../terminal.ts'
import { untilAborted } from '../until-aborted.ts'

const Options = z.looseObject({
  computes: z.int().min(1).max(50),
  keep: z.boolean().optional(),
  writeEnv: z.string().optional(),
})

/** `edge devstack`: a requester and compute nodes in one process, to try things out; Ctrl+C stops and removes all of it. */
export const devstack: Command = {
  examples: [
    [
      'edge devstack --allow-listed-local-paths=/videos',
      'a requester and three compute nodes that see /videos',
    ],
    ['edge devstack --computes 1 --write-env stack.env', 'one, and how to reach it for `. stack.env`'],
  ],
  build: (yargs) =>
    yargs
      .option('computes', { type: 'number', default: 3, describe: 'how many compute nodes' })
      .option('allow-listed-local-paths', {
        type: 'string',
        array: true,
        nargs: 1,
        describe: 'paths that jobs may see on every compute node, repeatable',
      })
      .option('labels', {
        type: 'string',
        array: true,
        nargs: 1,
        describe: 'labels of every compute node, name=value; each has devstack=1, 2, ... besides',
      })
      .option('write-env', { type: 'string', describe: 'write the export lines there, too' })
      .option('keep', { type: 'boolean', describe: 'leave the data when it stops' })
      .option('log-level', { type: 'string', describe: 'what is logged (error)' }),
  run: async (args, terminal) => {
    const { computes, keep, writeEnv } = parseOptions(Options, args)
    const { allowListedLocalPaths, labels, logLevel, dataDir } = args
    const { values, origins } = loadSettings({ allowListedLocalPaths, labels, logLevel, dataDir })
    const [{ createLog }, { removeDevstack, startDevstack }] = await Promise.all([
      import('../../node/index.ts'),
      import('../../node/devstack.ts'),
    ])
    const level = origins.logLevel === 'default' ? 'error' : values.logLevel
    const place = await realpath(await mkdtemp(join(tmpdir(), 'edge-devstack-')))
    try {
      const log = createLog({ level, json: values.logJson })
      const stack = await startDevstack({ settings: values, computes, place, log })
      try {
        await untilConnected(stack, terminal.signal)
        if (!terminal.signal.aborted) await announce(stack, { place, writeEnv, terminal })
        await untilAborted(terminal.signal)
        terminal.note('Stopping all of it (Ctrl+C again ends at once).')
      } finally {
        await stack.stop()
      }
    } finally {
      if (keep !== true) await removeDevstack(place)
    }
    if (keep === true) terminal.note(`The data stays in ${place}.`)
    return exitCodes.done
  },
}

/** Until the requester knows every node, for half a minute at most: then the lines it prints are true at once. */
async function untilConnected({ requester, computes }: Devstack, signal: AbortSignal): Promise<void> {
  const client = createClient(requester.api)
  for (let waited = 0; waited < 300 && !signal.aborted; waited++) {
    const nodes = await client.nodes()
    if (nodes.filter(({ connectivity }) => connectivity === 'connected').length >= computes.length) return
    await delay(100)
  }
}

interface Announcement {
  readonly place: string
  readonly writeEnv: string | undefined
  readonly terminal: Terminal
}

async function announce(
  { requester, computes }: Devstack,
  { place, writeEnv, terminal }: Announcement,
): Promise<void> {
  const { agent, api } = requester
  const lines = [
    `export EDGE_NODE_CLIENTAPI_HOST=${api.host}`,
    `export EDGE_NODE_CLIENTAPI_PORT=${String(api.port)}`,
    `export EDGE_NODE_LIBP2P_PEERCONNECT=${agent.multiaddrs[0] ?? ''}`,
  ]
  if (writeEnv !== undefined) await writeFile(writeEnv, `${lines.join('\n')}\n`)
  const names = computes.map((node) => node.agent.name).join(', ')
  terminal.print(
    `A requester and ${String(computes.length)} compute nodes are up: ${names}; data in ${place}`,
  )
  terminal.print('To use them, run in another shell:')
  terminal.print('')
  for (const line of lines) terminal.print(line)
  terminal.print('')
  terminal.print('Ctrl+C stops and removes all of it.')
}
