import { createHash } from 'node:crypto'
import { join } from 'node:path'

/** Where an input lies in its execution’s scratch folder: a folder by the target, so that a later attempt finds it. */
export function inputPlace(scratchDir: string, target: string): string {
  return join(scratchDir, 'inputs', createHash('sha256').update(target).digest('hex').slice(0, 16))
}
