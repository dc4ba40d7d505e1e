import { copyFile, mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { EdgeError } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { errnoOf } from '../utils/errno.ts'
import { writeWhole } from '../utils/whole-file.ts'
import type { Asset } from './asset.ts'
import { assetManifest, type AssetName } from './manifest.ts'
import { complaintAbout, resolveAsset, type AssetPlaces, type ResolveOptions } from './resolve-asset.ts'

export interface KeptAsset {
  readonly path: string
  /** Where it came from now; `cache` when it was there before. */
  readonly from: 'mirror' | 'cache' | 'download'
  readonly asset: Asset
}

/** Where an asset is without any download, its SHA-256 checked; undefined when it is nowhere. */
export async function findAsset(
  name: AssetName,
  { mirrors, cacheDir }: AssetPlaces,
  { signal }: Abortable = {},
): Promise<{ readonly path: string; readonly from: 'mirror' | 'cache' } | undefined> {
  const asset = assetManifest[name]
  const cached = join(cacheDir, asset.file)
  if ((await complaintAbout(cached, asset, signal)) === undefined) return { path: cached, from: 'cache' }
  for (const mirror of mirrors) {
    const path = join(mirror, asset.file)
    if ((await complaintAbout(path, asset, signal)) === undefined) return { path, from: 'mirror' }
  }
  return undefined
}

/** Brings an asset into the cache, from a mirror or by download. Throws what `resolveAsset` throws. */
export async function pullAsset(name: AssetName, options: ResolveOptions): Promise<KeptAsset> {
  const asset = assetManifest[name]
  const here = await findAsset(name, { mirrors: [], cacheDir: options.cacheDir }, options)
  if (here !== undefined) return { ...here, asset }
  const { path, from } = await resolveAsset(name, options)
  return from === 'mirror'
    ? { path: await keepAsset(name, path, options), from, asset }
    : { path, from, asset }
}

/** Copies a file into the cache as the asset it is; throws `asset_corrupt` for any other content. */
export async function keepAsset(
  name: AssetName,
  file: string,
  { cacheDir, signal }: Pick<ResolveOptions, 'cacheDir' | 'signal'>,
): Promise<string> {
  const asset = assetManifest[name]
  const cached = join(cacheDir, asset.file)
  await mkdir(dirname(cached), { recursive: true })
  await writeWhole(cached, async (partial) => {
    await copyFile(file, partial)
    const complaint = await complaintAbout(partial, asset, signal)
    if (complaint !== undefined)
      throw new EdgeError('asset_corrupt', `${file} is not ${name}: it ${complaint}`)
  })
  return cached
}

/** Takes an asset out of the cache; false when it was not there. */
export async function removeAsset(
  name: AssetName,
  { cacheDir }: Pick<AssetPlaces, 'cacheDir'>,
): Promise<boolean> {
  try {
    await rm(join(cacheDir, assetManifest[name].file))
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}
