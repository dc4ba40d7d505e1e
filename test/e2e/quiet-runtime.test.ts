import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { baseEnv, runEdge } from '../support/cluster.ts'
import { samplePath } from '../support/sample.ts'
import { tempDir } from '../support/temp-dir.ts'

/** What the runtime leaves in a cache folder where it gathers what it would tell: nothing, when it is quiet. */
const leftIn = async (cache: string): Promise<string[]> =>
  (await readdir(cache, { recursive: true })).filter((name) => name.includes('onnxruntime'))

describe.runIf(process.platform === 'linux')('ONNX Runtime', () => {
  it('gathers telemetry when nobody says no, so that this test can fail', async () => {
    const cache = await tempDir()
    const load = `import('onnxruntime-node').then(({ default: ort }) => ort.InferenceSession.create(process.argv[1]))`
    await promisify(execFile)(process.execPath, ['-e', load, samplePath('models/yolov5n.onnx')], {
      env: { ...baseEnv(), XDG_CACHE_HOME: cache },
      cwd: join(import.meta.dirname, '../..'),
    })
    expect(await leftIn(cache)).not.toEqual([])
  })

  it('gathers none in any process of edge', async () => {
    const [cache, cwd] = [await tempDir(), await tempDir()]
    const env = { XDG_CACHE_HOME: cache }
    const video = samplePath('videos/empty_savanna_106x60.mp4')
    const detected = await runEdge(['detect', video, '--provider', 'webgpu,cpu', '--output-dir', 'out'], {
      env,
      cwd,
    })
    expect(detected).toMatchObject({ code: 0 })
    expect((await runEdge(['doctor'], { env, cwd })).stdout).toContain('provider cpu')
    expect(await leftIn(cache)).toEqual([])
  })
})
