import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { takeOutUnpublishable } from '../../../src/compute/folder/take-out.ts'
import { indexFolder } from '../../../src/content/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

describe('taking out of a result what none can hold', () => {
  it('leaves what can be published, and says of the rest what it was', async () => {
    const folder = await tempDir()
    const deep = Array.from({ length: 17 }, () => 'd').join('/')
    await mkdir(join(folder, deep, 'e'), { recursive: true })
    await writeFile(join(folder, 'frame\n1.txt'), 'x')
    await writeFile(join(folder, 'a.txt'), 'x')
    await writeFile(join(folder, 'A.txt'), 'x')
    await symlink('/etc/passwd', join(folder, 'link'))
    await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xfc, 0x62])]), 'x')
    await expect(indexFolder(folder)).rejects.toThrow()
    const taken = await takeOutUnpublishable(folder, await tempDir())
    expect(taken.map(({ path, why }) => `${path}: ${why}`)).toEqual([
      'a.txt: has the name of another file on some file systems',
      'frame\n1.txt: cannot be in a result (the name holds a separator or a control character)',
      'link: is a link or special file',
      '\ufffdb: has a name that is not UTF-8',
      `${deep}: is deeper than 16 folders`,
    ])
    expect((await readdir(folder)).sort()).toEqual(['A.txt', 'd'])
    expect((await indexFolder(folder)).files).toBe(1)
    expect(await takeOutUnpublishable(folder, await tempDir())).toEqual([])
  })
})
