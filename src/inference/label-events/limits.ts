/** How much of what a container left is read. What is beyond is told, and left out. */
export interface LabelLimits {
  /** Files and folders that are looked at. */
  readonly entries: number
  /** Folders in folders. */
  readonly depth: number
  /** Of one label file, or file of class names. */
  readonly fileBytes: number
  /** Of one line of a detections.jsonl. */
  readonly lineBytes: number
  /** Of one detections.jsonl. */
  readonly linesBytes: number
  /** The best of a frame. */
  readonly boxesPerFrame: number
  /** In one detections.jsonl, or in the label files of one video. */
  readonly boxes: number
}

export const defaultLabelLimits: LabelLimits = {
  entries: 400_000,
  depth: 16,
  fileBytes: 262_144,
  lineBytes: 1_048_576,
  linesBytes: 2 ** 31,
  boxesPerFrame: 300,
  boxes: 3_000_000,
}
