import type { FrameShape } from '../../media/index.ts'
import type { OnnxEngineSpec, ProviderName, ProviderOptions } from '../../domain/index.ts'

/** What a job may ask for; `auto` leaves the choice to this machine, a list is a chain to fall back along. */
export type ProviderWish = OnnxEngineSpec['provider']
export type ExplicitProvider = ProviderName
/** Those that ONNX Runtime itself runs. */
export type RuntimeProvider = Exclude<ProviderName, 'sidecar'>

/** A provider that was not taken, or that failed, and why. */
export interface RefusedProvider {
  readonly name: ExplicitProvider
  readonly reason: string
}

/** The execution provider in use, why this one, which were passed over before it, and what of the options it ignores. */
export interface ProviderChoice {
  readonly name: ExplicitProvider
  readonly reason: string
  readonly refused?: readonly RefusedProvider[]
  readonly notes?: readonly string[]
}

/** What a node has beside the job: set by its owner, never by a job. */
export interface AcceleratorSetup {
  /** Where TensorRT’s engines are kept. */
  readonly cacheDir?: string | undefined
  /** The detector program and its arguments. */
  readonly sidecar?: readonly string[] | undefined
}

/** Everything that decides how a provider is opened. */
export interface ProviderSetup {
  readonly options: ProviderOptions
  readonly accelerators: AcceleratorSetup
}

export const plainSetup: ProviderSetup = { options: { fp16: false, engineCache: false }, accelerators: {} }

/** Frames in one run of an accelerator, by default; of frames with more pixels than usual ones fewer, for memory’s sake. */
const usualBatch = 8
const usualPixels = 640 * 640
const batchOfLarge = 2

/** How many frames of a shape a provider is given at once. On the cpu, with a thread for each session, nothing is gained. */
export function batchFor(
  name: RuntimeProvider,
  { batch }: Pick<ProviderOptions, 'batch'>,
  { width, height }: Pick<FrameShape, 'width' | 'height'>,
): number {
  if (batch !== undefined) return batch
  if (name === 'cpu') return 1
  return width * height <= usualPixels ? usualBatch : batchOfLarge
}

/** Best first; the cpu is last everywhere. */
const preferences: Readonly<Partial<Record<NodeJS.Platform, readonly RuntimeProvider[]>>> = {
  linux: ['tensorrt', 'cuda', 'openvino', 'webgpu'],
  darwin: ['coreml', 'webgpu'],
  win32: ['tensorrt', 'cuda', 'openvino', 'webgpu'],
}

/** Every provider that may be there on a platform, best first, the cpu last. */
export function knownProviders(platform: NodeJS.Platform): readonly RuntimeProvider[] {
  return [...(preferences[platform] ?? []), 'cpu']
}

/**
 * The chain for a wish: what is tried, in order. `auto` takes what the runtime was built with; never a sidecar, for that
 * runs a model of its own.
 */
export function chainFor(
  wish: ProviderWish,
  { offered, platform }: { readonly offered: readonly string[]; readonly platform: NodeJS.Platform },
): readonly ExplicitProvider[] {
  if (wish === 'auto')
    return knownProviders(platform).filter((name) => name === 'cpu' || offered.includes(name))
  return typeof wish === 'string' ? [wish] : [...new Set(wish)]
}
