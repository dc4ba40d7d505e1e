import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { EdgeError } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { errnoOf } from '../utils/errno.ts'
import { replaceFile, writeWhole } from '../utils/whole-file.ts'

/** A model that a person gave a name on this machine: `models/<name>.json` in the data directory, and the file it names. */
export const ImportedModel = z.strictObject({
  name: z.string(),
  /** Beside the record. */
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
  kind: z.enum(['checkpoint', 'onnx']),
  bytes: z.int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  classes: z.array(z.string()).min(1),
  stride: z.number(),
  parameters: z.number(),
  importedFrom: z.string(),
})
export type ImportedModel = z.infer<typeof ImportedModel>

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

/** Whether a model may be called so: never a path, nor what looks like a file. */
export function isUsableName(name: string): boolean {
  return namePattern.test(name) && !/\.(pt|onnx|json)$/i.test(name)
}

/** Every model that was imported, by name. */
export async function importedModels(folder: string): Promise<readonly ImportedModel[]> {
  let files: readonly string[]
  try {
    files = await readdir(folder)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
  const names = files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length))
  const models = await Promise.all(names.sort().map((name) => importedModel(folder, name)))
  return models.filter((model) => model !== undefined)
}

/** The record of a name; undefined when nothing was imported under it. Throws `asset_corrupt` for one that cannot be read. */
export async function importedModel(folder: string, name: string): Promise<ImportedModel | undefined> {
  if (!isUsableName(name)) return undefined
  const path = join(folder, `${name}.json`)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    return ImportedModel.parse(JSON.parse(text))
  } catch (cause) {
    throw new EdgeError('asset_corrupt', `${path} is no record of a model`, {
      hint: `Remove it, and import the model again: edge model import FILE --name ${name}`,
      cause,
    })
  }
}

/** The file of an imported model, its SHA-256 checked; throws `asset_corrupt` when it is not the file that was imported. */
export async function importedFile(
  folder: string,
  { name, file, sha256 }: ImportedModel,
  options: Abortable = {},
): Promise<string> {
  const path = join(folder, file)
  const found = await hashOf(path, options)
  if (found === sha256) return path
  throw new EdgeError(
    'asset_corrupt',
    `the model ${name} is not the file that was imported: ${path} ${found === undefined ? 'is missing' : 'has another content'}`,
    { hint: `Import it again: edge model import FILE --name ${name} --force` },
  )
}

/**
 * Copies a file into the store and gives it its name: the record comes last, so a name is there whole or not at all. With
 * `replace` the earlier file of the name goes. Throws `output_exists` without, and `model_invalid` when the file is not,
 * or no longer, the one that was examined.
 */
export async function keepModel(
  folder: string,
  source: string,
  { replace, ...model }: Omit<ImportedModel, 'file'> & { readonly replace: boolean },
): Promise<ImportedModel> {
  const { name, kind, sha256 } = model
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const record = join(folder, `${name}.json`)
  const before = await importedModel(folder, name).catch(() => undefined)
  const file = `${name}.${sha256.slice(0, 16)}.${kind === 'onnx' ? 'onnx' : 'pt'}`
  const taken = (): EdgeError =>
    new EdgeError('output_exists', `there is a model called ${name}`, {
      hint: 'Choose another --name, or --force to replace it.',
    })
  if (before !== undefined && !replace) throw taken()
  await writeWhole(join(folder, file), async (partial) => {
    await copyFile(source, partial)
    if ((await hashOf(partial)) !== sha256)
      throw new EdgeError('model_invalid', `${source} was changed while it was imported`)
  })
  const kept = { ...model, file }
  try {
    await replaceFile(record, `${JSON.stringify(kept, null, 2)}\n`, { exclusive: !replace })
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    // Somebody was faster; what is ours goes, unless it is theirs too.
    const winner = await importedModel(folder, name).catch(() => undefined)
    if (winner?.file !== file) await rm(join(folder, file), { force: true })
    throw taken()
  }
  if (before !== undefined && before.file !== file) await rm(join(folder, before.file), { force: true })
  return kept
}

/** Takes the name and its file away. */
export async function removeModel(folder: string, { name, file }: ImportedModel): Promise<void> {
  await rm(join(folder, `${name}.json`), { force: true })
  await rm(join(folder, file), { force: true })
}

async function hashOf(path: string, { signal }: Abortable = {}): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path, { signal }) as AsyncIterable<Buffer>) hash.update(chunk)
  } catch (error) {
    signal?.throwIfAborted()
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
  return hash.digest('hex')
}
