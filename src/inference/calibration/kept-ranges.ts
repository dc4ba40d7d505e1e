import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ModelIdentity } from '../../domain/index.ts'
import type { FrameShape } from '../../media/index.ts'
import { replaceFile } from '../../utils/whole-file.ts'
import type { KnownRanges, Model } from '../model/index.ts'
import type { ActivationRanges } from '../quantise/index.ts'
import { Agreement } from './agreement.ts'

/** Ranges that were accepted for one model and one frame shape; the graph is written anew from them each time. */
const KeptRanges = z.object({
  format: z.literal('edge/ranges/v1'),
  model: ModelIdentity,
  /** How the float model was read: another way may name its values otherwise. */
  reading: z.string(),
  width: z.int(),
  height: z.int(),
  /** What was measured on frames that the ranges do not come from. */
  agreement: Agreement,
  ranges: z.record(z.string(), z.tuple([z.number(), z.number()])),
})

/** Keeps ranges in a folder and gives the file. */
export async function keepRanges(
  folder: string,
  model: Model,
  kept: { readonly shape: FrameShape; readonly ranges: ActivationRanges; readonly agreement: Agreement },
): Promise<string> {
  const { shape, ranges, agreement } = kept
  const { width, height } = shape
  const file = join(folder, `${model.identity.sha256}-${width}x${height}.json`)
  const document = {
    format: 'edge/ranges/v1',
    model: model.identity,
    reading: model.reading,
    ...{ width, height, agreement },
    ranges: Object.fromEntries([...ranges].map(([name, { min, max }]) => [name, [min, max]])),
  } satisfies z.input<typeof KeptRanges>
  await mkdir(folder, { recursive: true })
  await replaceFile(file, `${JSON.stringify(document)}\n`)
  return file
}

/** All ranges kept for a model; undefined when there are none. A file that cannot be read, or is of another version, counts as none. */
export async function readKeptRanges(folder: string, model: Model): Promise<KnownRanges | undefined> {
  const names = (await readdir(folder).catch(() => [])).filter(
    (name) => name.startsWith(`${model.identity.sha256}-`) && name.endsWith('.json'),
  )
  const found = new Map<string, ActivationRanges>()
  const texts: string[] = []
  for (const name of names.sort()) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => '')
    const kept = parse(text)
    if (kept === undefined || kept.reading !== model.reading) continue
    const ranges = Object.entries(kept.ranges).map(([value, [min, max]]) => [value, { min, max }] as const)
    found.set(`${kept.width}x${kept.height}`, new Map(ranges))
    texts.push(JSON.stringify([kept.width, kept.height, kept.ranges]))
  }
  if (found.size === 0) return undefined
  return {
    mark: createHash('sha256').update(texts.join('\n')).digest('hex').slice(0, 12),
    of: ({ width, height }) => found.get(`${width}x${height}`),
  }
}

function parse(text: string): z.infer<typeof KeptRanges> | undefined {
  try {
    return KeptRanges.safeParse(JSON.parse(text)).data
  } catch {
    // No JSON: as good as no file, and the command that wrote it writes it again.
    return undefined
  }
}

/** Ranges of one shape, as they are known before they are kept. */
export function knownRanges(shape: FrameShape, ranges: ActivationRanges): KnownRanges {
  return {
    mark: 'not kept',
    of: ({ width, height }) => (width === shape.width && height === shape.height ? ranges : undefined),
  }
}
