import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { assetNames, defaultMirrors, isModelName, resolveAsset } from '../assets/index.ts'
import type { Settings } from '../config/index.ts'
import { EdgeError } from '../domain/index.ts'
import type { Log } from '../ports/index.ts'

export interface ResolvedModel {
  readonly name: string
  readonly path: string
  /** Where ranges for int8 are kept. */
  readonly rangesDir: string
}

type AssetSettings = Pick<Settings, 'assetsMirror' | 'dataDir'>

/** Where assets are looked for before they are downloaded, and where downloads are kept. */
export function assetPlaces(settings: AssetSettings): { mirrors: readonly string[]; cacheDir: string } {
  return {
    mirrors: [...settings.assetsMirror, ...defaultMirrors()],
    cacheDir: join(settings.dataDir, 'assets'),
  }
}

/**
 * A model that a person at this machine named: a known name, or a path. Throws `asset_missing`, or `model_invalid` with
 * the known names.
 */
export async function resolveModel(
  settings: AssetSettings,
  named: string,
  log?: Log,
): Promise<ResolvedModel> {
  if (isModelName(named)) return knownModel(settings, named, log)
  const found = await stat(named).catch(() => undefined)
  if (found?.isFile() === true)
    return { name: basename(named), path: resolve(named), rangesDir: rangesDir(settings) }
  throw new EdgeError('model_invalid', `model ${JSON.stringify(named)} is neither a file nor a known name`, {
    hint: `Name a .pt or .onnx file, or one of: ${modelNames().join(', ')}.`,
  })
}

/**
 * A model that a job named: a known name, or a path that the node’s owner allow-lists; `allow` gives the canonical path or
 * throws. Throws as `resolveModel`.
 */
export function modelResolver(
  settings: AssetSettings,
  allow: (path: string) => Promise<string>,
  log: Log,
): (named: string) => Promise<ResolvedModel> {
  return async (named) => {
    if (isModelName(named)) return knownModel(settings, named, log)
    if (named.startsWith('/'))
      return { name: basename(named), path: await allow(named), rangesDir: rangesDir(settings) }
    throw new EdgeError('model_invalid', `model ${JSON.stringify(named)} is not known`, {
      hint: `Name an allow-listed path on the node, or one of: ${modelNames().join(', ')}.`,
    })
  }
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

function modelNames(): readonly string[] {
  return assetNames('model')
}
