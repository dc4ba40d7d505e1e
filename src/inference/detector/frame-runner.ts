import type { Transferable } from 'node:worker_threads'
import type { FrameShape } from '../../media/index.ts'
import type { Model, ModelGraph } from '../model/index.ts'
import type { DetectionFilter } from './detection.ts'
import { batchFor } from './provider.ts'
import type { RuntimeProvider, ProviderSetup } from './provider.ts'
import type { FrameBody } from './serve-frames.ts'
import type { SessionInit } from './session.ts'
import { sessionProvider } from './session-config.ts'

/** What finds the boxes of frames of one shape: worker threads, or a detector program. */
export interface FrameRunner {
  /** Packed boxes (map-boxes.ts) in pixels of the frame. What is in `transfer` is gone; other frames stay the caller’s. */
  ask(frame: Uint8Array, transfer?: readonly Transferable[]): Promise<unknown>
  /** Open requests reject with `interrupted`. */
  close(): Promise<void>
  /** Frames that one run takes; 1 when left out. To be asked for as many at once. */
  readonly batch?: number
}

/** A runner that also takes several frames at once, and then answers with a list. */
export interface BatchRunner extends FrameRunner {
  ask(body: FrameBody, transfer?: readonly Transferable[]): Promise<unknown>
}

export interface RunnerInit {
  readonly model: Model
  readonly filter: DetectionFilter
  readonly setup: ProviderSetup
  readonly threads: number
}

/** The graph that a provider runs frames of a shape with. */
export function graphOn(
  provider: RuntimeProvider,
  { model, setup }: Pick<RunnerInit, 'model' | 'setup'>,
  shape: FrameShape,
): ModelGraph {
  const batch = batchFor(provider, setup.options, shape)
  return model.graphFor(shape, { isFloat: provider !== 'cpu', batch })
}

/** What one session of a model for frames of a shape is made of. */
export function sessionInit(
  provider: RuntimeProvider,
  { model, filter, setup }: Pick<RunnerInit, 'model' | 'filter' | 'setup'>,
  shape: FrameShape,
): SessionInit {
  const graph = graphOn(provider, { model, setup }, shape)
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
