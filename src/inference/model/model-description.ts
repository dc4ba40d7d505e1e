import type { FrameShape } from '../../media/index.ts'

/** How the output tensor is read: `boxes` is export.py’s [1, rows, 5 + classes], decoded to pixels, sigmoid applied. */
export interface BoxesOutput {
  readonly kind: 'boxes'
  readonly name: string
  readonly rows: number
}

/** What the detector must know to feed a graph and to read its answer. */
export interface ModelDescription {
  readonly inputName: string
  readonly inputShape: FrameShape
  /** `rgb-float`: [1, 3, H, W] float32, 0..1. */
  readonly inputLayout: 'rgb-float'
  readonly output: BoxesOutput
  readonly classes: readonly string[]
  /** The largest: 32 for P5 models, 64 for P6. */
  readonly stride: number
}
