import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EdgeError } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { downloadAsset } from './download-asset.ts'
import type { Asset } from './asset.ts'
import { assetManifest, type AssetName } from './manifest.ts'
import { errnoOf } from '../utils/errno.ts'

export interface AssetPlaces {
  /** Folders that are looked into before anything is downloaded. */
  readonly mirrors: readonly string[]
  /** Where downloads are kept. */
  readonly cacheDir: string
}

export interface ResolveOptions extends AssetPlaces, Abortable {
  readonly onProgress?: (progress: { readonly bytes: number; readonly totalBytes: number }) => void
  /** The assets there are; another table for tests. */
  readonly manifest?: Readonly<Record<string, Asset>>
}

export interface ResolvedAsset {
  readonly path: string
  readonly from: 'mirror' | 'cache' | 'download'
  readonly asset: Asset
  /** Files that were passed over because they are not what they should be, with the reason: somebody should mend them. */
  readonly passedOver: readonly string[]
}

export function assetNames(kind?: Asset['kind']): readonly AssetName[] {
  const names = Object.keys(assetManifest) as AssetName[]
  return kind === undefined ? names : names.filter((name) => assetManifest[name].kind === kind)
}

export function isModelName(name: string): name is AssetName {
  return (assetNames('model') as readonly string[]).includes(name)
}

/** `../shared/assets` beside a checkout, when it exists; what EDGE_ASSETS_MIRROR names goes before it. */
export function defaultMirrors(): readonly string[] {
  const beside = fileURLToPath(new URL('../../../shared/assets', import.meta.url))
  return existsSync(beside) ? [beside] : []
}

/**
 * The file of an asset, its SHA-256 checked: from a mirror, else the cache, else its URL. A file with other content is
 * never used. Throws `asset_missing` with everything that was tried and where to put the file by hand.
 */
export async function resolveAsset(name: string, options: ResolveOptions): Promise<ResolvedAsset> {
  const { mirrors, cacheDir, signal } = options
  const manifest: Readonly<Record<string, Asset>> = options.manifest ?? assetManifest
  const asset = Object.hasOwn(manifest, name) ? manifest[name] : undefined
  if (asset === undefined)
    throw new EdgeError('asset_missing', `there is no asset called ${JSON.stringify(name)}`)
  const cached = join(cacheDir, asset.file)
  const tried: string[] = []
  const passedOver: string[] = []
  for (const [from, path] of [
    ...mirrors.map((mirror) => ['mirror', join(mirror, asset.file)] as const),
    ['cache', cached] as const,
  ]) {
    const complaint = await complaintAbout(path, asset, signal)
    if (complaint === undefined) return { path, from, asset, passedOver }
    if (complaint !== notThere) passedOver.push(`${path}: ${complaint}`)
    tried.push(`${path}: ${complaint}`)
  }
  if (asset.url === undefined) {
    tried.push('no download is known for it')
  } else {
    try {
      await downloadAsset({ ...asset, url: asset.url }, cached, options)
      return { path: cached, from: 'download', asset, passedOver }
    } catch (error) {
      signal?.throwIfAborted()
      tried.push(`${asset.url}: ${EdgeError.from(error).message}`)
    }
  }
  throw new EdgeError(
    'asset_missing',
    `cannot get ${name} (${asset.file}, ${asset.bytes} bytes):\n${tried.map((line) => `  ${line}`).join('\n')}`,
    {
      hint: `Put the file with SHA-256 ${asset.sha256} at ${cached}, or below a folder named by EDGE_ASSETS_MIRROR as ${asset.file}. It is ${asset.source}.`,
      details: { asset: name, sha256: asset.sha256 },
    },
  )
}

const notThere = 'not there'

/** What is wrong with a file that should be the asset; undefined when nothing is. */
export async function complaintAbout(
  path: string,
  { bytes, sha256 }: Asset,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const hash = createHash('sha256')
  let size = 0
  try {
    for await (const chunk of createReadStream(path, { signal }) as AsyncIterable<Buffer>) {
      hash.update(chunk)
      size += chunk.length
      if (size > bytes) return `larger than the ${bytes} bytes it should have`
    }
  } catch (error) {
    signal?.throwIfAborted()
    return errnoOf(error) === 'ENOENT' ? notThere : (error as Error).message
  }
  if (size < bytes) return `has ${size} of ${bytes} bytes`
  return hash.digest('hex') === sha256 ? undefined : 'has another content (SHA-256 differs)'
}
