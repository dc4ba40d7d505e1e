import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { policyOf } from '../../../src/cli/commands/policy-options.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function policyFile(text: string): Promise<string> {
  const file = join(await tempDir(), 'policy.yaml')
  await writeFile(file, text)
  return file
}

describe('--policy', () => {
  it('reads the file, and flags go before what it says', async () => {
    const policy = await policyFile('classes: [person]\nminScore: 0.6\nmergeGapSeconds: 9\n')
    const read = await policyOf({ policy, minScore: 0.3, classes: 'dog, cat' })
    expect(read.policy).toMatchObject({ classes: ['dog', 'cat'], minScore: 0.3, mergeGapSeconds: 9 })
  })

  it('leaves all to the defaults without file and flags', async () => {
    expect(await policyOf({})).toEqual({ engine: {}, policy: {} })
  })

  it('reads one provider, a chain of them, and what is for the accelerator', async () => {
    expect((await policyOf({ provider: 'cuda' })).engine).toEqual({ provider: 'cuda' })
    expect((await policyOf({ provider: 'sidecar, cpu', device: 1, half: true })).engine).toEqual({
      provider: ['sidecar', 'cpu'],
      providerOptions: { deviceId: 1, fp16: true, engineCache: false },
    })
    expect((await policyOf({ batch: 4 })).engine).toEqual({
      providerOptions: { fp16: false, engineCache: false, batch: 4 },
    })
  })

  it('names the file and every problem in it', async () => {
    const policy = await policyFile('minScor: 0.6\nlines: [{ name: a, from: [0, 0], to: [2, 0] }]\n')
    await expect(policyOf({ policy })).rejects.toMatchObject({
      code: 'spec_invalid',
      message: expect.stringMatching(
        /policy\.yaml: lines\.0\.to\.0: outside.*\n.*minScor: .*did you mean minScore/s,
      ) as string,
    })
  })

  it('says which file is missing', async () => {
    await expect(policyOf({ policy: 'nowhere.yaml' })).rejects.toMatchObject({ code: 'path_missing' })
  })
})

describe('--imgsz', () => {
  it('is the longer side of frames', async () => {
    expect(await policyOf({ imgsz: [1280] })).toMatchObject({ engine: { imageSize: 1280 } })
  })

  it('of two numbers is refused where there are no label files', async () => {
    await expect(policyOf({ imgsz: [384, 640] })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('--imgsz 384 640') as string,
    })
  })
})
