import { measureDecode } from '../../media/index.ts'
import type { MediaTools, SampleRequest } from '../../media/index.ts'
import type { CascadePlan } from '../cascade/index.ts'
import { withChildMemory } from './child-memory.ts'
import type { Contender } from './rounds.ts'

export interface Decoded {
  readonly tools: MediaTools
  readonly path: string
  readonly request: SampleRequest
  readonly plan: CascadePlan
  readonly lanes: number
}

/**
 * What decoding alone takes, with nobody to look at the pictures: every frame by one process with all its threads, every
 * frame of the plan’s pieces by one single-threaded process for each core, and so with all that the plan leaves out.
 */
export function decodeLimits(decoded: Decoded): readonly Contender[] {
  const { plan, lanes } = decoded
  const split = `decode, ${Math.min(lanes, plan.chunks.length)} processes`
  return [
    contender(split, () => inPieces(decoded, {})),
    contender('decode, 1 process', ({ signal }) =>
      measureDecode(decoded.tools, decoded.path, decoded.request, { signal }),
    ),
    contender('decode as hold does', () => inPieces(decoded, plan.decoding)),
  ]
}

function contender(
  name: string,
  measure: (options: { signal?: AbortSignal | undefined }) => Promise<{ seconds: number; frames: number }>,
): Contender {
  return {
    name,
    run: async ({ signal }) => {
      const { value, peakBytes } = await withChildMemory(() => measure({ signal }))
      return { ...value, peakBytes }
    },
  }
}

async function inPieces(
  { tools, path, request, plan, lanes }: Decoded,
  decoding: CascadePlan['decoding'],
): Promise<{ seconds: number; frames: number }> {
  const open = [...plan.chunks]
  let frames = 0
  const startedAtMs = performance.now()
  const lane = async (): Promise<void> => {
    for (let part = open.shift(); part !== undefined; part = open.shift()) {
      const done = await measureDecode(tools, path, {
        ...request,
        part,
        decoding: { ...decoding, threads: 1 },
      })
      frames += done.frames
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanes, plan.chunks.length) }, lane))
  return { seconds: (performance.now() - startedAtMs) / 1000, frames }
}
