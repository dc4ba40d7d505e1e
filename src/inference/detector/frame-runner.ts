import type { Transferable } from 'node:worker_threads'
import type { FrameShape } from '../../media/index.ts'
import type { Model } from '../model/index.ts'
import type { DetectionFilter } from './detection.ts'
import type { RuntimeProvider, ProviderSetup } from './provider.ts'
import type { SessionInit } from './session.ts'
import { sessionProvider } from './session-config.ts'

/** What finds the boxes of frames of one shape: worker threads, or a detector program. */
export interface FrameRunner {
  /** Packed boxes (map-boxes.ts) in pixels of the frame. What is in `transfer` is gone; other frames stay the caller’s. */
  ask(frame: Uint8Array, transfer?: readonly Transferable[]): Promise<unknown>
  /** Open requests reject with `interrupted`. */
  close(): Promise<void>
}

export interface RunnerInit {
  readonly model: Model
  readonly filter: DetectionFilter
  readonly setup: ProviderSetup
  readonly threads: number
}

/** What one session of a model for frames of a shape is made of. */
export function sessionInit(
  provider: RuntimeProvider,
  { model, filter, setup }: Pick<RunnerInit, 'model' | 'filter' | 'setup'>,
  shape: FrameShape,
): SessionInit {
  const graph = model.graphFor(shape, { isFloat: provider !== 'cpu' })
  return {
    modelPath: model.path,
    modelBytes: graph.bytes(),
    description: graph.description,
    provider,
    config: sessionProvider(provider, setup),
    filter,
  }
}

/** A provider in use: its runners, by the shape of their frames. */
export interface OpenProvider {
  /** The runner for a shape, opened when there is none; to be given back. */
  take(shape: FrameShape): Promise<{ readonly runner: FrameRunner; giveBack: () => void }>
  close(): Promise<void>
  /** What is to be known of it beside its name, once it is open. */
  notes?(): readonly string[]
}
