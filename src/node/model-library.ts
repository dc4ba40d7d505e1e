import { mkdir, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import {
  assetManifest,
  assetNames,
  findAsset,
  isModelName,
  keepAsset,
  pullAsset,
  removeAsset,
  unpinnedModels,
  type AssetName,
} from '../assets/index.ts'
import type { Settings } from '../config/index.ts'
import { EdgeError } from '../domain/index.ts'
import { openModel, tryModel, type Model } from '../inference/index.ts'
import type { Abortable } from '../ports/index.ts'
import { createLog } from './log.ts'
import { importedModel, importedModels, isUsableName, keepModel, removeModel } from './model-store.ts'
import { assetPlaces, modelFolder, resolveModel, unpinnedHint } from './models.ts'

/** A model as `edge model list` shows it. */
export interface ListedModel {
  readonly name: string
  /** `pulled` and `imported` ones lie in the data directory, `mirror` ones in a folder of the owner’s. */
  readonly state: 'pulled' | 'mirror' | 'not here' | 'not pinned' | 'imported'
  readonly bytes: number | null
  readonly sha256: string | null
  readonly licence: string | null
  readonly classes: number | null
}

/** Every model that can be named here, official ones first. */
export async function listModels(
  settings: Settings,
  options: Abortable = {},
): Promise<readonly ListedModel[]> {
  const imported = await importedModels(modelFolder(settings))
  const official = await Promise.all(
    assetNames('model').map(async (name): Promise<ListedModel> => {
      const { bytes, sha256, licence } = assetManifest[name]
      const found = await findAsset(name, assetPlaces(settings), options)
      const state = { cache: 'pulled', mirror: 'mirror', nowhere: 'not here' } as const
      return { name, state: state[found?.from ?? 'nowhere'], bytes, sha256, licence, classes: null }
    }),
  )
  const unpinned = unpinnedModels
    .filter((name) => imported.every((model) => model.name !== name))
    .map((name): ListedModel => {
      const nothing = { bytes: null, sha256: null, classes: null }
      return { name, state: 'not pinned', licence: 'AGPL-3.0', ...nothing }
    })
  const own = imported.map(({ name, bytes, sha256, classes }): ListedModel => {
    const licence = licenceOf(sha256) ?? null
    return { name, state: 'imported', bytes, sha256, licence, classes: classes.length }
  })
  return [...official, ...unpinned, ...own]
}

export interface PulledModel {
  readonly name: string
  readonly path: string
  readonly from: 'mirror' | 'cache' | 'download'
  readonly bytes: number
  readonly sha256: string
  readonly licence: string
  readonly licenceUrl: string | null
  readonly source: string
}

/** Brings an official model into the data directory. Throws `model_not_found` for other names. */
export async function pullModel(
  settings: Settings,
  name: string,
  options: Abortable & { readonly onProgress: (progress: { bytes: number; totalBytes: number }) => void },
): Promise<PulledModel> {
  if (!isModelName(name))
    throw new EdgeError(
      'model_not_found',
      `${JSON.stringify(name)} is no official model that can be pulled`,
      {
        hint: unpinnedHint(name) ?? `These can: ${assetNames('model').join(', ')}.`,
      },
    )
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 })
  const { path, from, asset } = await pullAsset(name, { ...assetPlaces(settings), ...options })
  const { bytes, sha256, licence, licenceUrl = null, source } = asset
  return { name, path, from, bytes, sha256, licence, licenceUrl, source }
}

export interface ImportedSummary {
  readonly name: string
  readonly path: string
  readonly kind: Model['kind']
  readonly bytes: number
  readonly sha256: string
  readonly classes: readonly string[]
  readonly stride: number
  readonly parameters: number
  readonly msPerFrame: number
}

/**
 * Gives a model file a name on this machine, after it was translated and run. The file of an official release takes the
 * place of its download. Throws `model_invalid`, `usage` for a name that cannot be given, `output_exists` for a taken one.
 */
export async function importModel(
  settings: Settings,
  {
    file,
    name: wished,
    force,
  }: { readonly file: string; readonly name?: string | undefined; readonly force: boolean },
  { signal }: Abortable = {},
): Promise<ImportedSummary> {
  const source = resolve(file)
  const name = wished ?? basename(source).replace(/\.(onnx|pt)$/i, '')
  if (!isUsableName(name))
    throw new EdgeError('usage', `a model cannot be called ${JSON.stringify(name)}`, {
      hint: 'Give --name: letters, digits, . _ - (at most 63), not ending in .pt, .onnx or .json.',
    })
  const folder = modelFolder(settings)
  if (!force && !isModelName(name) && (await importedModel(folder, name)) !== undefined)
    throw new EdgeError('output_exists', `there is a model called ${name}`, {
      hint: 'Choose another --name, or --force to replace it.',
    })
  const model = await openModel(source, { name, signal })
  const { kind, classes, stride, parameters, identity } = model
  const { sha256 } = identity
  if (isModelName(name) && assetManifest[name].sha256 !== sha256)
    throw new EdgeError('usage', `${name} is the name of an official model, and ${source} is another file`, {
      hint: 'Give it another --name.',
    })
  const { msPerFrame } = await tryModel(model, { runs: 1, provider: 'cpu', signal })
  const { size: bytes } = await stat(source)
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 })
  const about = { name, kind, bytes, sha256, classes, stride, parameters }
  if (isModelName(name))
    return { ...about, path: await keepAsset(name, source, { ...assetPlaces(settings), signal }), msPerFrame }
  const record = { ...about, classes: [...classes], importedFrom: source }
  const kept = await keepModel(folder, source, { ...record, replace: force })
  return { ...about, path: resolve(folder, kept.file), msPerFrame }
}

export interface InspectedModel {
  readonly name: string
  readonly path: string
  readonly kind: Model['kind']
  readonly bytes: number
  readonly sha256: string
  readonly licence: string | null
  readonly classes: readonly string[]
  readonly stride: number
  readonly parameters: number
  /** The frame for footage of 1920x1080. */
  readonly inputShape: { readonly width: number; readonly height: number; readonly pixelFormat: string }
  /** Level by level, in pixels of the input; null where the file decodes boxes itself and does not tell. */
  readonly anchors:
    readonly { readonly stride: number; readonly sizes: readonly (readonly [number, number])[] }[] | null
}

const askedFootage = { width: 1920, height: 1080 }

/** What a model is, by its name or its file; nothing of it is run. */
export async function inspectModel(
  settings: Settings,
  { named, imageSize }: { readonly named: string; readonly imageSize?: number | undefined },
  { signal }: Abortable = {},
): Promise<InspectedModel> {
  const { name, path } = await resolveModel(settings, named, createLog({ level: 'warn' }))
  const model = await openModel(path, { name, imageSize, signal })
  const { kind, classes, stride, parameters, identity } = model
  const { inputShape, output } = model.graphFor(model.shapeFor(askedFootage)).description
  const { width, height, pixelFormat } = inputShape
  return {
    ...{ name, path, kind, bytes: (await stat(path)).size, sha256: identity.sha256 },
    licence: licenceOf(identity.sha256) ?? null,
    ...{ classes, stride, parameters, inputShape: { width, height, pixelFormat } },
    anchors:
      output.kind === 'heads'
        ? output.levels.map((level) => ({ stride: level.stride, sizes: level.anchors }))
        : null,
  }
}

/** Removes an imported model, or the pulled file of an official one. Throws `model_not_found` when there is neither. */
export async function removeNamedModel(settings: Settings, name: string): Promise<void> {
  if (isModelName(name)) {
    if (await removeAsset(name, assetPlaces(settings))) return
    throw new EdgeError('model_not_found', `${name} was not pulled, so there is nothing of it to remove`, {
      hint: 'Official models are known by name whether they were pulled or not; files in a mirror are left alone.',
    })
  }
  const folder = modelFolder(settings)
  const imported = await importedModel(folder, name)
  if (imported === undefined)
    throw new EdgeError('model_not_found', `no model is called ${JSON.stringify(name)}`)
  await removeModel(folder, imported)
}

/** The licence of a file that is known by its content. */
function licenceOf(sha256: string): string | undefined {
  const name = assetNames('model').find((known: AssetName) => assetManifest[known].sha256 === sha256)
  return name === undefined ? undefined : assetManifest[name].licence
}
