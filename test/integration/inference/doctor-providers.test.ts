import { fileURLToPath } from 'node:url'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadSettings } from '../../../src/config/index.ts'
import { examineProviders } from '../../../src/node/examine-providers.ts'
import type { Finding } from '../../../src/node/finding.ts'
import { knownProviders } from '../../../src/inference/index.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

const stub = fileURLToPath(new URL('../../fixtures/stub-sidecar.mjs', import.meta.url))

async function findings(sidecar: readonly string[]): Promise<ReadonlyMap<string, Finding>> {
  const assetsMirror = dirname(dirname(samplePath('models/yolov5n.pt')))
  const flags = { dataDir: await tempDir(), detectorSidecar: sidecar, assetsMirror }
  const all = await Array.fromAsync(examineProviders(loadSettings(flags, {}).values, {}))
  return new Map(all.map((finding) => [finding.what, finding]))
}

describe('what the doctor finds of providers', () => {
  it('is each with its reason, and the sidecar’s answer', async () => {
    const found = await findings([process.execPath, stub, 'bright'])
    for (const name of knownProviders(process.platform))
      expect(found.get(`provider ${name}`)!.found).toMatch(/^(loads; \d+ ms|does not load: .{10})/)
    expect(found.get('provider cpu')).toMatchObject({ verdict: 'ok' })
    expect(found.get('sidecar')).toMatchObject({
      verdict: 'ok',
      found: expect.stringContaining('the sidecar stub runs a model of its own, not yolov5n') as string,
    })
  })

  it('is bad for a sidecar that is configured and fails', async () => {
    const found = await findings([process.execPath, stub, 'garbage'])
    expect(found.get('sidecar')).toMatchObject({
      verdict: 'bad',
      found: expect.stringContaining('Traceback') as string,
      mend: expect.stringContaining('docs/sidecar.md') as string,
    })
  })
})
