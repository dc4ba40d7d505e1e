import type { FrameShape } from '../../media/index.ts'

/** export.py’s tensor [batch, rows, 5 + classes], decoded to pixels, sigmoid applied. */
export interface BoxesOutput {
  readonly kind: 'boxes'
  readonly name: string
  readonly rows: number
}

/** One map of raw numbers, [batch, anchors x (5 + classes), rows, columns]. */
export interface HeadLevel {
  readonly name: string
  /** Pixels of the input for each cell. */
  readonly stride: number
  readonly rows: number
  readonly columns: number
  /** [width, height] in pixels of the input. */
  readonly anchors: readonly (readonly [number, number])[]
}

/** The maps of YOLOv5’s head before decoding. */
export interface HeadsOutput {
  readonly kind: 'heads'
  readonly levels: readonly HeadLevel[]
}

/**
 * What the detector must know to feed a graph and to read its answer. The input is `batch` frames: of `gbrp` as float32
 * RGB in 0..1, [batch, 3, height, width]; of `yuv420p` as their bytes, [batch, height x 3/2, width].
 */
export interface ModelDescription {
  readonly inputName: string
  readonly inputShape: FrameShape
  /** Frames in one run. Outputs have as many parts, one for each, in their order. */
  readonly batch: number
  readonly output: BoxesOutput | HeadsOutput
  readonly classes: readonly string[]
  /** The largest: 32 for P5 models, 64 for P6. */
  readonly stride: number
}
