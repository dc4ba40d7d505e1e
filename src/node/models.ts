import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { assetNames, defaultMirrors, isModelName, resolveAsset, unpinnedUrl } from '../assets/index.ts'
import type { Settings } from '../config/index.ts'
import { EdgeError } from '../domain/index.ts'
import type { Log } from '../ports/index.ts'
import { importedFile, importedModel, importedModels } from './model-store.ts'

export interface ResolvedModel {
  readonly name: string
  readonly path: string
  /** Where ranges for int8 are kept. */
  readonly rangesDir: string
}

export type AssetSettings = Pick<Settings, 'assetsMirror' | 'dataDir'>

/** Where assets are looked for before they are downloaded, and where downloads are kept. */
export function assetPlaces(settings: AssetSettings): { mirrors: readonly string[]; cacheDir: string } {
  return {
    mirrors: [...settings.assetsMirror, ...defaultMirrors()],
    cacheDir: join(settings.dataDir, 'assets'),
  }
}

/** Where imported models are kept. */
export function modelFolder({ dataDir }: Pick<Settings, 'dataDir'>): string {
  return join(dataDir, 'models')
}

/**
 * A model that a person at this machine named: a known name, an imported one, or a path. Throws `asset_missing`,
 * `asset_corrupt`, or `model_invalid` with the names there are.
 */
export async function resolveModel(
  settings: AssetSettings,
  named: string,
  log?: Log,
): Promise<ResolvedModel> {
  const byName = await namedModel(settings, named, log)
  if (byName !== undefined) return byName
  const found = await stat(named).catch(() => undefined)
  if (found?.isFile() === true)
    return { name: basename(named), path: resolve(named), rangesDir: rangesDir(settings) }
  throw await unknown(settings, named, `model ${JSON.stringify(named)} is neither a file nor a known name`, {
    orElse: 'Name a .pt or .onnx file',
  })
}

/**
 * A model that a job named: a known name, one that the node’s owner imported, or a path that the owner allow-lists;
 * `allow` gives the canonical path or throws. Throws as `resolveModel`.
 */
export function modelResolver(
  settings: AssetSettings,
  allow: (path: string) => Promise<string>,
  log: Log,
): (named: string) => Promise<ResolvedModel> {
  return async (named) => {
    const byName = await namedModel(settings, named, log)
    if (byName !== undefined) return byName
    if (named.startsWith('/'))
      return { name: basename(named), path: await allow(named), rangesDir: rangesDir(settings) }
    throw await unknown(settings, named, `model ${JSON.stringify(named)} is not known`, {
      orElse: 'Name an allow-listed path on the node',
    })
  }
}

async function namedModel(
  settings: AssetSettings,
  name: string,
  log: Log | undefined,
): Promise<ResolvedModel | undefined> {
  if (isModelName(name)) return knownModel(settings, name, log)
  const folder = modelFolder(settings)
  const imported = await importedModel(folder, name)
  if (imported === undefined) return undefined
  return { name, path: await importedFile(folder, imported), rangesDir: rangesDir(settings) }
}

async function knownModel(
  settings: AssetSettings,
  name: string,
  log: Log | undefined,
): Promise<ResolvedModel> {
  const { path, passedOver, from, asset } = await resolveAsset(name, assetPlaces(settings))
  for (const file of passedOver)
    log?.warn({ file }, 'a file is not the asset it is named after and was passed over')
  if (from === 'download') {
    const { licence, source } = asset
    log?.warn({ model: name, licence, source }, 'a model was downloaded; it comes under its own licence')
  }
  return { name, path, rangesDir: rangesDir(settings) }
}

function rangesDir({ dataDir }: AssetSettings): string {
  return join(dataDir, 'quantised')
}

/** The way out where an official model has no pinned hash; undefined for other names. */
export function unpinnedHint(name: string): string | undefined {
  const url = unpinnedUrl(name)
  return url === undefined
    ? undefined
    : `Its SHA-256 is not known here, so it is not downloaded unseen. Fetch ${url} yourself, then: edge model import ${name}.pt`
}

async function unknown(
  settings: AssetSettings,
  name: string,
  message: string,
  { orElse }: { readonly orElse: string },
): Promise<EdgeError> {
  const imported = await importedModels(modelFolder(settings)).catch(() => [])
  const names = [...assetNames('model'), ...imported.map((model) => model.name)]
  return new EdgeError('model_invalid', message, {
    hint: unpinnedHint(name) ?? `${orElse}, or one of: ${names.join(', ')}.`,
  })
}
