import type { OnnxEngineSpec } from '../../domain/index.ts'

/** What a job may ask for; `auto` leaves the choice to this machine. */
export type ProviderWish = OnnxEngineSpec['provider']
export type ExplicitProvider = Exclude<ProviderWish, 'auto'>

/** The execution provider in use, and why this one. */
export interface ProviderChoice {
  readonly name: ExplicitProvider
  readonly reason: string
}

/** Resolves `auto`. Whether the provider really loads shows when the detector opens its sessions. */
export function chooseProvider(wish: ProviderWish): ProviderChoice {
  if (wish !== 'auto') return { name: wish, reason: 'asked for by name' }
  return {
    name: 'cpu',
    reason: 'auto: the cpu works everywhere; accelerators are used when asked for by name',
  }
}
