import { join } from 'node:path'
import { createCompute, type Compute } from '../compute/index.ts'
import { EdgeError } from '../domain/index.ts'
import { createNoopEngine } from '../engines/noop/index.ts'
import { createOnnxEngine } from '../engines/onnx/index.ts'
import { locateMediaTools } from '../media/index.ts'
import type { Startable } from '../ports/index.ts'
import { createLocalPublisher } from '../publishers/index.ts'
import { createLocalDirectorySource, missingRoots, parseAllowList } from '../sources/index.ts'
import { createSqliteComputeStore } from '../stores/index.ts'
import { systemClock } from '../utils/system-clock.ts'
import { edgeVersion } from '../utils/version.ts'
import { acceleratorSetup } from './accelerator-setup.ts'
import { concurrencyOf, limitsOf } from './capacity.ts'
import { findAccelerators } from '../engines/docker/index.ts'
import { dockerEngine } from './docker-setup.ts'
import { fetchedInputs } from './input-sources.ts'
import { mediaSettings } from './media-settings.ts'
import { modelResolver } from './models.ts'
import type { PartContext } from './part-context.ts'
import { selectionOf } from './selection.ts'

/** The compute daemon with every engine, source and publisher there is. */
export async function computePart(
  context: PartContext,
  { withRequester }: { withRequester: boolean },
): Promise<Startable> {
  const { settings, network, newId, run, name } = context
  const log = context.log.child({ component: 'compute' })
  const requesterAddress = withRequester ? 'self' : oneRequester(settings.peer)
  const allowList = parseAllowList(settings.allowListedLocalPaths)
  for (const root of await missingRoots(allowList))
    log.warn({ root }, 'an allow-listed path does not exist (yet)')
  const source = createLocalDirectorySource({ allowList, denied: [settings.dataDir] })
  const store = await run(createSqliteComputeStore({ path: join(settings.dataDir, 'compute.db'), log }))
  const accelerators = await findAccelerators()
  const limits = await limitsOf(
    settings,
    accelerators.map(({ device }) => device),
  )
  const mediaTools = await locateMediaTools(mediaSettings(settings))
  const fetched = await fetchedInputs(context, async () => (await compute.status()).requester)
  const compute: Compute = createCompute({
    store,
    network,
    requesterAddress,
    engines: [
      createOnnxEngine({
        resolveModel: modelResolver(
          settings,
          async (path) => {
            const wanted = { type: 'localDirectory', path, readWrite: false } as const
            return (await source.prepare({ source: wanted, target: '/model', scratchDir: settings.dataDir }))
              .hostPath
          },
          log,
        ),
        mediaTools,
        accelerators: acceleratorSetup(settings),
        log,
      }),
      dockerEngine(settings, { nodeId: network.self, accelerators, mediaTools, log }),
      createNoopEngine({ clock: systemClock }),
    ],
    sources: [source, ...fetched],
    publishers: [createLocalPublisher({ directory: join(settings.dataDir, 'published') })],
    clock: systemClock,
    log,
    newId,
    random: Math.random,
    info: { name, labels: settings.labels, version: edgeVersion },
    allowedPaths: allowList.map(({ text }) => text),
    dataDir: settings.dataDir,
    ...limits,
    selection: selectionOf(settings),
    maxConcurrent: concurrencyOf(settings, limits.capacity),
    ...(settings.joinToken === undefined ? {} : { joinToken: settings.joinToken }),
  })
  return compute
}

function oneRequester(peers: readonly string[]): string {
  const [first, ...more] = peers
  if (first === undefined) {
    throw new EdgeError('config_invalid', 'a compute node needs the address of its requester', {
      hint: 'Give --peer=<multiaddr>, which `edge serve --node-type=requester` prints, or set EDGE_NODE_LIBP2P_PEERCONNECT.',
    })
  }
  if (more.length > 0)
    throw new EdgeError('config_invalid', '--peer: a compute node has one requester, not several')
  return first
}
