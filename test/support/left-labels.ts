import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ClipsSpec, SignificancePolicy } from '../../src/domain/index.ts'
import { formatLabels } from '../../src/inference/labels/format-labels.ts'
import type { LabelEventsInit } from '../../src/inference/label-events/index.ts'
import { locateMediaTools } from '../../src/media/index.ts'
import { QuietLog } from './quiet-log.ts'
import { referenceDetections } from './reference-detections.ts'
import { samplePath } from './sample.ts'
import { tempDir } from './temp-dir.ts'

/** A video with few bytes in which six people come and go, one by one, and what detect.py found in it. */
export const sixPeople = {
  file: 'one-by-one-person-detection.mp4',
  reference: 'one-by-one-person-detection',
  size: { width: 768, height: 432 },
} as const

/** Leaves label files as detect.py --save-txt [--save-conf] does, of the frames that `takes` picks. */
export async function leaveLabels(
  folder: string,
  {
    withScores = true,
    takes = () => true,
  }: { readonly withScores?: boolean; readonly takes?: (frame: number) => boolean } = {},
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const stem = sixPeople.reference
  for (const [frame, boxes] of referenceDetections(stem))
    if (takes(frame) && boxes.length > 0)
      await writeFile(
        join(folder, `${stem}_${frame}.txt`),
        formatLabels(boxes, { ...sixPeople.size, withScores }),
      )
}

/** The same as a detections.jsonl. */
export function leftLines(source: string, told: 'frame' | 'seconds' = 'frame', fps = 10): string {
  const lines = [...referenceDetections(sixPeople.reference)].map(([frame, boxes]) => ({
    source,
    ...(told === 'frame' ? { frame } : { seconds: (frame - 1) / fps }),
    detections: boxes.map(({ classId, score, box }) => ({ classId, score, box })),
  }))
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

/** An order over the video of six people. */
export async function labelInit(
  root: string,
  changes: Partial<LabelEventsInit> & { readonly wanted?: object } = {},
): Promise<LabelEventsInit> {
  const { wanted = { classes: ['person'] }, ...rest } = changes
  return {
    sources: [{ source: `videos/${sixPeople.file}`, path: samplePath(`videos/${sixPeople.file}`) }],
    roots: [{ path: root, name: 'outputs' }],
    detector: 'labels',
    policy: SignificancePolicy.parse(wanted),
    clips: ClipsSpec.parse({}),
    threads: 1,
    outputsDir: await tempDir(),
    tools: await locateMediaTools(),
    log: new QuietLog(),
    ...rest,
  }
}
