import type { AcceleratorSetup } from '../../inference/index.ts'
import type { MediaTools } from '../../media/index.ts'
import type { Abortable, Log } from '../../ports/index.ts'

/** A model as the node knows it: the file, and the name by which people call it. */
export interface ResolvedModel {
  readonly path: string
  readonly name: string
  /** Where ranges for int8 are kept. */
  readonly rangesDir?: string
}

export interface OnnxEngineInit {
  /** Finds the file of a known name or an allow-listed path; rejects with an EdgeError that says why not. */
  readonly resolveModel: (nameOrPath: string, options?: Abortable) => Promise<ResolvedModel>
  readonly mediaTools: MediaTools
  readonly accelerators?: AcceleratorSetup
  readonly log: Log
}
