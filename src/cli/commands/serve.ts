import type { Argv } from 'yargs'
import {
  flagName,
  loadSettings,
  settingsTable,
  type LoadedSettings,
  type SettingName,
} from '../../config/index.ts'
import { EdgeError } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { plain, type Terminal } from '../terminal.ts'
import { untilAborted } from '../until-aborted.ts'

const repeatable: readonly SettingName[] = [
  'peer',
  'allowListedLocalPaths',
  'allowUrlHosts',
  'labels',
  'assetsMirror',
  'allowedHosts',
  'nodeType',
]
const switches: readonly SettingName[] = [
  'logJson',
  'jobSelectionRejectStateless',
  'jobSelectionAcceptNetworked',
]
const serveSettings: readonly SettingName[] = [
  'nodeType',
  'peer',
  'allowListedLocalPaths',
  'allowUrlHosts',
  'inputCacheBytes',
  'name',
  'labels',
  'host',
  'port',
  'swarmHost',
  'swarmPort',
  'allowedHosts',
  'joinToken',
  'maxConcurrent',
  'limitCpu',
  'limitMemory',
  'limitGpu',
  'limitJobCpu',
  'limitJobMemory',
  'limitJobGpu',
  'jobSelectionDataLocality',
  'jobSelectionRejectStateless',
  'jobSelectionAcceptNetworked',
  'jobSelectionProbeExec',
  'jobSelectionProbeHttp',
  'jobSelectionProbeTimeout',
  'assetsMirror',
  'ffmpeg',
  'ffprobe',
  'detectorSidecar',
  'dockerHost',
  'dockerPull',
  'logLevel',
  'logJson',
]

/** `edge serve`: runs a node until Ctrl-C; the first drains, a second ends at once. */
export const serve: Command = {
  examples: [
    ['edge serve --node-type=requester', 'where jobs are sent to'],
    [
      'edge serve --node-type=compute --allow-listed-local-paths=/videos --peer=/ip4/10.0.0.5/tcp/1235',
      'beside the cameras',
    ],
    ['edge serve --node-type requester,compute --allow-listed-local-paths=/videos', 'both on one machine'],
  ],
  build: (yargs) => serveSettings.reduce(withSetting, yargs),
  run: async (args, terminal) => {
    const loaded = loadSettings(withPeer(args))
    const { connectionLines, createLog, startNode } = await import('../../node/index.ts')
    const { values: settings, origins } = loaded
    const log = createLog({ level: settings.logLevel, json: settings.logJson })
    const node = await startNode({
      settings,
      portsAreDefaults: { api: origins.port === 'default', swarm: origins.swarmPort === 'default' },
      log,
    })
    try {
      announce(terminal, loaded, node)
      for (const line of connectionLines(node.agent, node.api)) terminal.print(line)
      await untilAborted(terminal.signal)
      terminal.note(
        'Stopping: running work stops at its last checkpoint, containers run on; all goes on at the next start (Ctrl+C again ends at once).',
      )
    } finally {
      await node.stop()
    }
    return exitCodes.done
  },
}

function withSetting(yargs: Argv, name: SettingName): Argv {
  const { describe, env } = settingsTable[name]
  const isList = repeatable.includes(name)
  return yargs.option(flagName(name).slice(2), {
    type: switches.includes(name) ? 'boolean' : 'string',
    ...(isList ? { array: true, nargs: 1 } : {}),
    describe: `${describe} [${env}]`,
  })
}

/** `--peer=env` is what EDGE_NODE_LIBP2P_PEERCONNECT says, `--peer=none` nobody. */
function withPeer(args: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const peers = args['peer'] as readonly string[] | undefined
  const { peer: _, ...rest } = args
  if (peers?.length !== 1) return args
  if (peers[0] === 'none') return { ...rest, peer: [] }
  if (peers[0] !== 'env') return args
  if ((process.env[settingsTable.peer.env] ?? '') === '') {
    throw new EdgeError('config_invalid', `--peer=env: ${settingsTable.peer.env} is not set`, {
      hint: 'Paste the export lines that `edge serve --node-type=requester` prints.',
    })
  }
  return rest
}

interface Announced {
  readonly agent: { readonly id: string; readonly name: string; readonly types: readonly string[] }
  readonly api: { readonly host: string; readonly port: number; readonly newToken: string | undefined }
}

function announce(terminal: Terminal, { values, origins }: LoadedSettings, { agent, api }: Announced): void {
  terminal.print(
    `Node ${plain(agent.name)} (${agent.types.join(', ')}) is up: id ${agent.id}, API on ${api.host}:${String(api.port)}, data in ${values.dataDir}`,
  )
  if (origins.port === 'default' && api.port !== values.port) {
    terminal.print(
      `Port ${String(values.port)} is taken by another program, so this node’s API got ${String(api.port)}.`,
    )
  }
  if (api.newToken !== undefined) {
    terminal.print('The API is reachable from other machines and wants this token, which is shown only now:')
    terminal.print(`export EDGE_API_TOKEN=${api.newToken}`)
  }
  if (agent.types.includes('requester') && values.joinToken === undefined) {
    terminal.print('Every node that reaches it may join and be sent jobs; --join-token restricts that.')
  }
  if (agent.types.includes('compute') && values.allowListedLocalPaths.length === 0) {
    terminal.print(
      'No path is allow-listed, so no job sees footage here; --allow-listed-local-paths=/videos changes that.',
    )
  }
  terminal.print('')
}
