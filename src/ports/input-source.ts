import type { InputSourceSpec, InputSourceType, Reason } from '../domain/index.ts'
import type { Abortable } from './startable.ts'

/** What a bid is decided on. */
export type Inspection =
  | { readonly ok: true; readonly files: number; readonly bytes: number }
  | { readonly ok: false; readonly reason: Reason }

/** An input as the engine gets it: canonical path on this machine, and where the job sees it. */
export interface PreparedInput {
  readonly hostPath: string
  readonly target: string
  readonly readOnly: boolean
}

/** Where input comes from. Both calls decide anew whether the job may have it: between bid and start things change. */
export interface InputSource {
  readonly type: InputSourceType
  inspect(source: InputSourceSpec, options?: Abortable): Promise<Inspection>
  /** Throws `path_not_allowed`, `path_missing` or `input_empty`. */
  prepare(
    input: { source: InputSourceSpec; target: string; scratchDir: string },
    options?: Abortable,
  ): Promise<PreparedInput>
}
