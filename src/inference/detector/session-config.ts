import { join } from 'node:path'
import type { ProviderOptions } from '../../domain/index.ts'
import type { ExplicitProvider, ProviderSetup, RuntimeProvider } from './provider.ts'

/** An entry of onnxruntime-node’s `executionProviders`. */
export type SessionProvider = string | { readonly name: string; readonly [option: string]: unknown }

/**
 * What the runtime is told of a provider. onnxruntime-node 1.30 reads `deviceId` of cuda and tensorrt
 * (js/node/src/session_options_helper.cc) and passes over the rest, which `unreadOptions` tells; TensorRT’s own names
 * are given all the same, for bindings that read them.
 */
export function sessionProvider(
  name: RuntimeProvider,
  { options, accelerators }: ProviderSetup,
): SessionProvider {
  const { deviceId, fp16, engineCache } = options
  const device = deviceId === undefined ? {} : { deviceId }
  if (name === 'cuda') return { name, ...device }
  if (name !== 'tensorrt') return name
  const { cacheDir } = accelerators
  return {
    name,
    ...device,
    ...(fp16 ? { trt_fp16_enable: true } : {}),
    ...(engineCache && cacheDir !== undefined
      ? { trt_engine_cache_enable: true, trt_engine_cache_path: join(cacheDir, 'tensorrt') }
      : {}),
  }
}

/** One text for each option that was asked for and that does not reach the provider. */
export function unreadOptions(name: ExplicitProvider, options: ProviderOptions): readonly string[] {
  const { deviceId, fp16, engineCache, batch } = options
  const takesDevice = name === 'cuda' || name === 'tensorrt'
  const notes: string[] = []
  if (deviceId !== undefined && !takesDevice) notes.push(`deviceId means nothing to ${name}`)
  if (batch !== undefined && name === 'sidecar')
    notes.push('batch means nothing to sidecar: it takes frame after frame')
  if (fp16) notes.push(unread('fp16', name))
  if (engineCache) notes.push(unread('engineCache', name))
  return notes
}

function unread(option: string, name: ExplicitProvider): string {
  return name === 'tensorrt'
    ? `${option} was given to tensorrt, but onnxruntime-node 1.30 hands on the device only`
    : `${option} means nothing to ${name} here: it runs as without`
}
