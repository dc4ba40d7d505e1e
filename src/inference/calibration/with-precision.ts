import { EdgeError } from '../../domain/index.ts'
import type { OnnxEngineSpec } from '../../domain/index.ts'
import type { Model } from '../model/index.ts'
import { readKeptRanges } from './kept-ranges.ts'

export interface PrecisionWish {
  readonly precision: OnnxEngineSpec['precision']
  readonly provider: OnnxEngineSpec['provider']
  /** Where accepted ranges are kept; without it there are none. */
  readonly rangesDir?: string | undefined
}

/**
 * The model in the precision that is asked for. `auto` is int8 for the frame shapes that ranges are kept for, on the CPU,
 * which is what int8 was measured on; else float. Throws `model_invalid` for `int8` where there are no ranges at all, or
 * where the cpu is not among the providers.
 */
export async function withPrecision(
  model: Model,
  { precision, provider, rangesDir }: PrecisionWish,
): Promise<Model> {
  const mayRunOnCpu = [provider].flat().some((name) => name === 'cpu' || name === 'auto')
  if (precision === 'float' || (precision === 'auto' && !mayRunOnCpu)) return model
  if (!mayRunOnCpu)
    throw new EdgeError('model_invalid', `int8 is for the cpu, and ${String(provider)} was asked for`, {
      hint: 'Leave --precision out, or --provider.',
    })
  const { quantising } = model
  if (quantising === undefined) {
    if (precision === 'auto') return model
    throw new EdgeError(
      'model_invalid',
      `the model ${model.path} cannot be run in int8: only checkpoints (.pt) can`,
      { hint: 'Name the .pt file, or leave --precision out.' },
    )
  }
  const ranges = rangesDir === undefined ? undefined : await readKeptRanges(rangesDir, model)
  if (ranges !== undefined) return { ...model, ...quantising.apply(ranges) }
  if (precision === 'auto') return model
  throw notQuantised(model, 'int8 was not tried on it here')
}

/** Throws `model_invalid` where `int8` is asked for and the model has no ranges for this footage. */
export function demandInt8(model: Model, size: { readonly width: number; readonly height: number }): void {
  const shape = model.shapeFor(size)
  if (model.graphFor(shape).precision === 'int8') return
  throw notQuantised(model, `int8 was not tried for frames of ${shape.width}x${shape.height}`)
}

function notQuantised({ identity, path }: Model, why: string): EdgeError {
  const named = identity.name.endsWith('.pt') ? path : identity.name
  return new EdgeError('model_invalid', `the model ${identity.name} cannot be run in int8: ${why}`, {
    hint: `Run: edge model quantize ${named} --calibrate <videos>  (or leave --precision out)`,
    details: { path },
  })
}
