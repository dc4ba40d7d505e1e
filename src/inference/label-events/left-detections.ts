import type { Abortable } from '../../ports/index.ts'
import type { Detection } from '../detector/index.ts'
import type { VideoSource } from '../pipeline/index.ts'
import type { ClassRegistry } from './class-registry.ts'
import type { LabelLimits } from './limits.ts'
import type { Problems } from './problems.ts'

/** What was seen in one frame of a video, which is told by its number from 1 or by its PTS. */
export interface LeftFrame {
  readonly at: { readonly frame: number } | { readonly seconds: number }
  readonly detections: readonly Detection[]
}

/** All that was left of one video. */
export interface LeftDetections {
  readonly from: readonly string[]
  readonly problems: Problems
  readonly read: (options: Abortable) => Promise<readonly LeftFrame[]>
}

export interface GatherInit {
  readonly sources: readonly VideoSource[]
  readonly classes: ClassRegistry
  readonly limits: LabelLimits
  /** Of what belongs to no video. */
  readonly problems: Problems
}

/** The best of a frame, in an order that does not depend on how they were listed. */
export function bestOf(
  detections: readonly Detection[],
  { boxesPerFrame }: LabelLimits,
  problems: Problems,
  where: string,
): readonly Detection[] {
  if (detections.length <= boxesPerFrame) return detections
  problems.add('limit_exceeded', `of a frame the best ${boxesPerFrame} boxes count; there are more`, where)
  return detections.toSorted((a, b) => b.score - a.score).slice(0, boxesPerFrame)
}
