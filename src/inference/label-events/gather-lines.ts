import type { Abortable } from '../../ports/index.ts'
import type { Detection } from '../detector/index.ts'
import { boundedLines } from './bounded-lines.ts'
import { listOf } from './class-registry.ts'
import { parseDetectionLine } from './detection-line.ts'
import type { DetectionLine } from './detection-line.ts'
import type { LeftFile } from './find-labels.ts'
import { bestOf } from './left-detections.ts'
import type { GatherInit, LeftDetections, LeftFrame } from './left-detections.ts'
import { matchSource } from './match-source.ts'
import { openLeftFile } from './open-left-file.ts'
import { Problems, quoted } from './problems.ts'

interface VideoLines {
  readonly from: Set<string>
  readonly problems: Problems
  readonly frames: Map<string, LeftFrame>
}

/** Takes up the lines of every detections.jsonl, each with the video that it names. */
export class GatheredLines {
  readonly #init: GatherInit
  readonly #videos = new Map<string, VideoLines>()
  #boxes = 0

  constructor(init: GatherInit) {
    this.#init = init
  }

  async add(file: LeftFile, { signal }: Abortable): Promise<void> {
    const { limits, problems } = this.#init
    const handle = await openLeftFile(file.path)
    if (handle === undefined) {
      problems.add('labels_invalid', 'links and special files are not read', quoted(file.name))
      return
    }
    try {
      if ((await handle.stat()).size > limits.linesBytes)
        problems.add(
          'limit_exceeded',
          `more than ${limits.linesBytes} bytes; the rest is not read`,
          quoted(file.name),
        )
      const bounds = { maxLineBytes: limits.lineBytes, maxBytes: limits.linesBytes, signal }
      let called: readonly string[] | undefined
      for await (const { number, text } of boundedLines(handle, bounds)) {
        if (text?.trim() === '') continue
        const where = `${quoted(file.name)}, line ${number}`
        const parsed =
          text === undefined
            ? { kind: 'problem' as const, problem: `is longer than ${limits.lineBytes} bytes` }
            : parseDetectionLine(text, number === 1)
        if (parsed.kind === 'header') called = listOf(parsed.header.names)
        else if (parsed.kind === 'problem')
          problems.add(
            'labels_invalid',
            'lines that cannot be read are left out',
            `${where}, ${parsed.problem}`,
          )
        else if (!this.#take(parsed.line, { file, where, called })) return
      }
    } finally {
      await handle.close()
    }
  }

  videos(): readonly (readonly [string, LeftDetections])[] {
    return [...this.#videos].map(([source, { from, problems, frames }]) => [
      source,
      { from: [...from], problems, read: () => Promise.resolve([...frames.values()]) },
    ])
  }

  /** False when there are too many. */
  #take(
    { source, frame, seconds, detections }: DetectionLine,
    { file, where, called }: { file: LeftFile; where: string; called: readonly string[] | undefined },
  ): boolean {
    const { sources, limits, problems } = this.#init
    const matched = matchSource(source, sources, file.name)
    if (matched === undefined || matched === 'several') {
      const what =
        matched === undefined ? 'lines that match no input video' : 'lines that several input videos fit'
      problems.add('labels_unmatched', what, `${where}, ${quoted(source)}`)
      return true
    }
    const video = this.#video(matched.source)
    video.from.add(file.name)
    const found = detections.map((one) => this.#detection(one, called))
    const best = bestOf(found, limits, video.problems, where)
    // a frame without any takes room as well
    this.#boxes += Math.max(1, best.length)
    if (this.#boxes > limits.boxes) {
      problems.add('limit_exceeded', `there are more than ${limits.boxes} boxes; the rest is not read`, where)
      return false
    }
    const key = frame === undefined ? `s${seconds}` : `f${frame}`
    if (video.frames.has(key))
      video.problems.add('labels_invalid', 'a frame is told of twice; the later line counts', where)
    const at = frame === undefined ? { seconds: seconds ?? 0 } : { frame }
    video.frames.set(key, { at, detections: best })
    return true
  }

  #detection(one: DetectionLine['detections'][number], called: readonly string[] | undefined): Detection {
    const { classes } = this.#init
    const classId =
      one.class === undefined ? classes.idOfNumber(one.classId ?? 0, called) : classes.idOf(one.class)
    return { classId, score: one.score, box: one.box }
  }

  #video(source: string): VideoLines {
    const video = this.#videos.get(source) ?? { from: new Set(), problems: new Problems(), frames: new Map() }
    this.#videos.set(source, video)
    return video
  }
}
