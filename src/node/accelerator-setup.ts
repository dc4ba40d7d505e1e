import { join } from 'node:path'
import type { Settings } from '../config/index.ts'
import type { AcceleratorSetup } from '../inference/index.ts'

/** What this machine’s owner set for the detector; no job can. */
export function acceleratorSetup({
  dataDir,
  detectorSidecar,
}: Pick<Settings, 'dataDir' | 'detectorSidecar'>): AcceleratorSetup {
  const cacheDir = join(dataDir, 'accelerators')
  return detectorSidecar === undefined ? { cacheDir } : { cacheDir, sidecar: detectorSidecar }
}
