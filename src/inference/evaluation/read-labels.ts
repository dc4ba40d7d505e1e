import { readFile, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { EdgeError } from '../../domain/index.ts'
import { stemOf } from './truth.ts'

/** A box of a label file: its class number, and its score, 1 where the file tells none. */
export interface LabelledBox {
  readonly classId: number
  readonly score: number
}

/** The labels of one file of footage by frame number, from 1; a frame without a box may be left out. */
export interface LabelledVideo {
  /** The file’s name without extension. */
  readonly stem: string
  readonly frames: ReadonlyMap<number, readonly LabelledBox[]>
}

/**
 * Dense labels: a folder of `<stem>_<frame>.txt` as detect.py --save-txt and `edge detect --save-txt` write them, of one or
 * more videos; or a `<stem>.jsonl` with a line `{"frame": n, "boxes": [[class, xc, yc, w, h, score], ...]}` for each frame,
 * or a folder of such. Throws `path_missing`, `input_empty`, and `usage` for a line that cannot be read.
 */
export async function readLabels(path: string): Promise<readonly LabelledVideo[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new EdgeError('path_missing', `there are no labels at ${path}`, { cause })
  })
  if (!found.isDirectory()) return [await readLines(path)]
  const names = (await readdir(path)).sort()
  const videos = await Promise.all(
    names.filter((name) => name.endsWith('.jsonl')).map((name) => readLines(join(path, name))),
  )
  const byStem = new Map<string, Map<number, readonly LabelledBox[]>>()
  for (const name of names) {
    const [, stem, frame] = /^(.+)_(\d+)\.txt$/.exec(name) ?? []
    if (stem === undefined || frame === undefined) continue
    const frames = byStem.get(stem) ?? new Map<number, readonly LabelledBox[]>()
    frames.set(Number(frame), parseText(await readFile(join(path, name), 'utf8'), join(path, name)))
    byStem.set(stem, frames)
  }
  const all = [...videos, ...[...byStem].map(([stem, frames]) => ({ stem, frames }))]
  if (all.length === 0)
    throw new EdgeError('input_empty', `${path} holds neither <video>_<frame>.txt nor <video>.jsonl`)
  return all
}

async function readLines(path: string): Promise<LabelledVideo> {
  const lines = (await readFile(path, 'utf8')).split('\n')
  const frames = new Map<number, readonly LabelledBox[]>()
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue
    const { frame, boxes } = parseLine(line, `${path}, line ${index + 1}`)
    frames.set(frame, boxes)
  }
  return { stem: stemOf(basename(path)), frames }
}

function parseLine(line: string, where: string): { frame: number; boxes: readonly LabelledBox[] } {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw unreadable(where, 'no JSON', cause)
  }
  const { frame, boxes } = (value ?? {}) as { frame?: unknown; boxes?: unknown }
  if (typeof frame !== 'number' || !Number.isInteger(frame) || frame < 1 || !Array.isArray(boxes))
    throw unreadable(where, 'no {"frame": number from 1, "boxes": [...]}')
  return { frame, boxes: boxes.map((box: unknown) => boxOf(Array.isArray(box) ? box : [], where)) }
}

function parseText(text: string, where: string): readonly LabelledBox[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line) => boxOf(line.trim().split(/\s+/).map(Number), where))
}

function boxOf(fields: readonly unknown[], where: string): LabelledBox {
  const [classId, , , , , score = 1] = fields
  const areNumbers = fields.every((field) => typeof field === 'number' && Number.isFinite(field))
  if ((fields.length !== 5 && fields.length !== 6) || !areNumbers || !Number.isInteger(classId))
    throw unreadable(where, 'no box of class, xc, yc, w, h and perhaps a score')
  return { classId: classId as number, score: score as number }
}

function unreadable(where: string, what: string, cause?: unknown): EdgeError {
  return new EdgeError('usage', `labels cannot be read: ${where} is ${what}`, {
    hint: 'Labels are detect.py’s text files, or JSON lines; docs/eval.md shows both.',
    ...(cause === undefined ? {} : { cause }),
  })
}
