import type { AgentView } from '../domain/index.ts'

/**
 * What `serve` prints of a requester: how clients and other nodes reach it, each line ready to be pasted into a shell.
 * The data directory of the line for a compute node is its own, so that it works on this machine too.
 */
export function connectionLines(agent: AgentView, api: { host: string; port: number }): readonly string[] {
  const [multiaddr] = agent.multiaddrs
  if (!agent.types.includes('requester') || multiaddr === undefined) return []
  return [
    'To use this requester from a client, run in its shell:',
    '',
    `export EDGE_NODE_CLIENTAPI_HOST=${api.host}`,
    `export EDGE_NODE_CLIENTAPI_PORT=${api.port}`,
    `export EDGE_NODE_LIBP2P_PEERCONNECT=${multiaddr}`,
    '',
    'To add a compute node, run on the machine with the footage (--peer=env takes the variable above):',
    '',
    `edge serve --node-type=compute --data-dir="$HOME/.edge-compute" --allow-listed-local-paths=/videos --peer=${multiaddr}`,
    '',
  ]
}
