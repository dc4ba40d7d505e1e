import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { measureFolders, openFolders, trimFolders } from '../../../../src/engines/docker/outputs-size.ts'
import { isExceeded } from '../../../../src/engines/docker/watch-outputs.ts'
import { tempDir } from '../../../support/temp-dir.ts'

/** Folders in one another, deeper than any path reaches: built from the inside. */
async function nest(folder: string, depth: number): Promise<void> {
  const name = 'd'.repeat(200)
  await mkdir(join(folder, 'inner'))
  await writeFile(join(folder, 'inner', 'data'), 'x'.repeat(1000))
  for (let level = 0; level < depth; level++) {
    await mkdir(join(folder, 'outer'))
    await rename(join(folder, 'inner'), join(folder, 'outer', name))
    await rename(join(folder, 'outer'), join(folder, 'inner'))
  }
}

describe('the outputs of a container', () => {
  it.skipIf(process.platform !== 'linux')('are counted whatever bytes their names have', async () => {
    const folder = await tempDir()
    const odd = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xe4, 0x2e, 0x74])])
    await writeFile(odd, 'x'.repeat(5000))
    expect(await measureFolders([folder])).toMatchObject({ files: 1, heldBytes: 5000 })
    await openFolders([folder], await tempDir())
    expect(await trimFolders([folder], 100)).toBe(1)
    expect(await readdir(folder)).toEqual([])
  })

  it('are too much when they lie deeper than any path reaches, and are removed there', async () => {
    const [folder, spare] = [await tempDir(), await tempDir()]
    await nest(folder, 80)
    await writeFile(join(folder, 'kept'), 'x')
    expect(await isExceeded({ folders: [folder], limitBytes: 1_000_000 })).toBe(true)
    await trimFolders([folder], 1_000_000)
    expect(await openFolders([folder], spare)).toBe(1)
    expect(await isExceeded({ folders: [folder], limitBytes: 1_000_000 })).toBe(false)
    expect(existsSync(join(folder, 'kept'))).toBe(true)
    expect(await readdir(spare)).toEqual([])
  })

  it('are counted by their folders, too', async () => {
    const folder = await tempDir()
    for (const name of ['a', 'b/c']) await mkdir(join(folder, name), { recursive: true })
    expect(await measureFolders([folder])).toMatchObject({ files: 0, folders: 3 })
    expect(await measureFolders([folder], 2)).toMatchObject({ folders: 3 })
  })
})
