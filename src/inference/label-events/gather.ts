import type { Abortable } from '../../ports/index.ts'
import type { FoundLabels } from './find-labels.ts'
import { gatherFolders } from './gather-folders.ts'
import { GatheredLines } from './gather-lines.ts'
import type { GatherInit, LeftDetections } from './left-detections.ts'

/**
 * What was left, video by video, by the video’s name. Label files are read when they are asked for, lines of a
 * detections.jsonl at once; where a video is in both, the lines count.
 */
export async function gatherDetections(
  found: FoundLabels,
  init: GatherInit,
  options: Abortable,
): Promise<ReadonlyMap<string, LeftDetections>> {
  const lines = new GatheredLines(init)
  for (const file of found.lines) await lines.add(file, options)
  const gathered = new Map<string, LeftDetections>(lines.videos())
  for (const [source, one] of await gatherFolders(found.folders, init)) {
    if (gathered.has(source))
      gathered
        .get(source)
        ?.problems.add(
          'labels_invalid',
          'label files of a video that detections.jsonl tells of are left out',
          ...one.from,
        )
    else gathered.set(source, one)
  }
  return gathered
}
