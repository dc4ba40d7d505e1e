import { z } from 'zod'
import { ProviderName, ProviderOptions } from '../../domain/index.ts'

/** To and from the program of a trial, as JSON over the IPC channel. */
export const TrialOrder = z.object({
  modelPath: z.string(),
  provider: ProviderName.exclude(['sidecar']),
  setup: z.object({
    options: ProviderOptions,
    accelerators: z.object({ cacheDir: z.string().optional() }),
  }),
})
export type TrialOrder = z.infer<typeof TrialOrder>

export const TrialAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ran'), msPerFrame: z.number() }),
  z.object({ kind: z.literal('failed'), message: z.string() }),
])
export type TrialAnswer = z.infer<typeof TrialAnswer>
