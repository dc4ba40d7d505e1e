import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EdgeError } from '../../domain/index.ts'
import type { ProviderOptions } from '../../domain/index.ts'
import { evenSize, probeVideo, readImage, sampleFrames } from '../../media/index.ts'
import type { MediaTools } from '../../media/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { createDetector } from '../detector/index.ts'
import type { AcceleratorSetup, Detection, Detector, ProviderWish } from '../detector/index.ts'
import type { Model } from '../model/index.ts'
import { CropFolder } from './crops.ts'
import type { PictureToCrop } from './crops.ts'
import type { Footage } from './find-footage.ts'
import { PictureWalk } from './picture-walk.ts'
import { formatLabels } from './format-labels.ts'
import { resolveClasses } from './resolve-classes.ts'

export interface LabelInit {
  readonly footage: readonly Footage[]
  readonly model: Model
  readonly tools: MediaTools
  readonly scoreThreshold: number
  readonly iouThreshold: number
  readonly maxDetections: number
  /** Names or numbers; all when empty. */
  readonly classes: readonly string[]
  readonly provider?: ProviderWish
  readonly providerOptions?: ProviderOptions | undefined
  readonly accelerators?: AcceleratorSetup | undefined
  /** Every how many frames of a video are looked at; 1 for all. */
  readonly stride: number
  /** Where `labels/` and `crops/` are made; nothing is written without it. */
  readonly folder?: string | undefined
  /** Which of them; labels alone when left out. */
  readonly parts?: readonly ('labels' | 'crops')[] | undefined
  readonly withScores: boolean
  readonly onFrames?: (done: LabelledFile) => void
}

/** What was found in one file. `problem` tells why it, or the rest of it, could not be read. */
export interface LabelledFile {
  readonly path: string
  readonly frames: number
  readonly boxes: number
  /** Pictures of boxes that were written. */
  readonly crops: number
  /** Boxes by class name. */
  readonly found: Readonly<Record<string, number>>
  readonly problem?: string
}

interface Labelling extends Omit<LabelInit, 'classes' | 'provider' | 'footage' | 'parts' | 'folder'> {
  readonly detector: Detector
  /** Where label files go. */
  readonly labels: string | undefined
  readonly crops: CropFolder | undefined
}

/**
 * Detects on every frame (or every `stride`th, beginning with the first) and writes label files as detect.py does:
 * `labels/<stem>.txt` of a picture, `labels/<stem>_<n>.txt` of the n-th frame that was looked at; none where there is no
 * box. Crops are named as `CropFolder` tells. A file that cannot be read is told in its line and does not stop the others. Throws what `createDetector` throws,
 * and `spec_invalid` for classes that the model does not know.
 */
export async function labelFootage(
  init: LabelInit,
  { signal }: Abortable = {},
): Promise<readonly LabelledFile[]> {
  const { footage, model, classes, provider, scoreThreshold, iouThreshold, maxDetections, ...rest } = init
  const { folder, parts = ['labels'], tools } = init
  const classIds = resolveClasses(classes, model)
  const labels = folder !== undefined && parts.includes('labels') ? join(folder, 'labels') : undefined
  if (labels !== undefined) await mkdir(labels, { recursive: true })
  const crops =
    folder !== undefined && parts.includes('crops')
      ? new CropFolder(folder, { tools, classes: model.classes })
      : undefined
  const filter = {
    scoreThreshold,
    iouThreshold,
    maxDetections,
    ...(classIds === undefined ? {} : { classIds }),
  }
  const { providerOptions, accelerators } = init
  const detector = await createDetector({
    ...{ model, filter, providerOptions, accelerators },
    ...(provider === undefined ? {} : { provider }),
  })
  const labelling = { ...rest, model, scoreThreshold, iouThreshold, maxDetections, detector, labels, crops }
  try {
    const files: LabelledFile[] = []
    let left = footage
    while (left.length > 0) {
      // a picture is one frame: as many at once as the detector takes; a video keeps them all busy by itself
      const run = left[0]?.kind === 'image' ? imagesAtHead(left, detector.atOnce) : left.slice(0, 1)
      left = left.slice(run.length)
      files.push(...(await Promise.all(run.map((each) => labelOne(each, labelling, { signal })))))
    }
    return files
  } finally {
    await detector.close()
  }
}

function imagesAtHead(footage: readonly Footage[], most: number): readonly Footage[] {
  const end = footage.findIndex(({ kind }) => kind !== 'image')
  return footage.slice(0, Math.min(most, end === -1 ? footage.length : end))
}

async function labelOne(
  footage: Footage,
  labelling: Labelling,
  { signal }: Abortable,
): Promise<LabelledFile> {
  const found: Record<string, number> = {}
  let [frames, boxes, crops] = [0, 0, 0]
  const tally = (problem?: string): LabelledFile => ({
    path: footage.path,
    frames,
    boxes,
    crops,
    found: { ...found },
    ...(problem === undefined ? {} : { problem }),
  })
  try {
    const walk = footage.kind === 'image' ? imageFrames : videoFrames
    let problem: string | undefined
    for await (const frame of walk(footage, labelling, { signal })) {
      if (typeof frame === 'string') {
        problem = frame
        continue
      }
      frames++
      boxes += frame.detections.length
      for (const { classId } of frame.detections) {
        const name = labelling.model.classes[classId] ?? String(classId)
        found[name] = (found[name] ?? 0) + 1
      }
      await writeLabels(frame, labelling)
      crops += await cutOut(frame, footage.stem, labelling, { signal })
      labelling.onFrames?.(tally())
    }
    return tally(problem)
  } catch (thrown) {
    signal?.throwIfAborted()
    const error = EdgeError.from(thrown)
    if (error.code !== 'media_unreadable' && error.code !== 'ffmpeg_failed' && error.code !== 'path_missing')
      throw error
    return tally(error.message)
  }
}

interface LabelledFrame {
  /** Of the label file, without folder and suffix. */
  readonly name: string
  readonly width: number
  readonly height: number
  readonly detections: readonly Detection[]
  /** In full, where there is something to cut out. */
  readonly picture?: PictureToCrop['picture'] | undefined
}

async function* imageFrames(
  { path, stem }: Footage,
  { tools, model, detector, crops }: Labelling,
  { signal }: Abortable,
): AsyncGenerator<LabelledFrame | string> {
  const { width, height, data } = await readImage(tools, path, {
    shapeFor: (size) => model.shapeFor(size),
    signal,
  })
  const frames = (async function* () {
    yield await Promise.resolve({ index: 0, seconds: 0, data })
  })()
  for await (const { detections } of detector.detect(frames, { width, height }, { signal })) {
    const isCropped = crops !== undefined && detections.length > 0
    const picture = isCropped ? await fullImage(path, { tools, signal }) : undefined
    yield { name: stem, width, height, detections, picture }
  }
}

/** Ends with a text when not every frame could be decoded. */
async function* videoFrames(
  { path, stem }: Footage,
  { tools, model, detector, stride, crops }: Labelling,
  { signal }: Abortable,
): AsyncGenerator<LabelledFrame | string> {
  const video = await probeVideo(tools, path, { signal })
  const { width, height } = video
  const shape = model.shapeFor(video)
  const { frames, summary } = sampleFrames(tools, path, { stride, shape, video }, { signal })
  const pictures = crops === undefined ? undefined : new PictureWalk(tools, path, { video, stride, signal })
  let uncropped = 0
  try {
    for await (const { index, detections } of detector.detect(frames, video, { signal })) {
      const picture = detections.length === 0 ? undefined : await pictures?.at(index)
      if (detections.length > 0 && pictures !== undefined && picture === undefined) uncropped++
      yield { name: `${stem}_${index + 1}`, width, height, detections, picture }
    }
  } finally {
    await pictures?.end()
  }
  const { complete, errors } = await summary
  if (!complete || errors.length > 0) yield errors[0] ?? 'the decoder stopped before the end'
  else if (uncropped > 0)
    yield `the crops of ${uncropped} frames are missing: they could not be decoded in full`
}

/** A still picture with all its pixels. */
async function fullImage(
  path: string,
  { tools, signal }: { readonly tools: MediaTools } & Abortable,
): Promise<PictureToCrop['picture']> {
  const shapeFor = (size: { readonly width: number; readonly height: number }) =>
    ({ ...evenSize(size), pixelFormat: 'gbrp' }) as const
  const { width, height, data } = await readImage(tools, path, { shapeFor, signal })
  return { ...evenSize({ width, height }), data }
}

async function writeLabels(frame: LabelledFrame, { labels, withScores }: Labelling): Promise<void> {
  if (labels === undefined || frame.detections.length === 0) return
  const { name, width, height, detections } = frame
  await writeFile(join(labels, `${name}.txt`), formatLabels(detections, { width, height, withScores }))
}

/** How many pictures of boxes were written. */
async function cutOut(
  { picture, width, height, detections }: LabelledFrame,
  stem: string,
  { crops }: Labelling,
  options: Abortable,
): Promise<number> {
  if (picture === undefined || crops === undefined) return 0
  return crops.write({ stem, width, height, detections, picture }, options)
}
