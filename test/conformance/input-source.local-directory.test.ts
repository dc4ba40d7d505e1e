import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createLocalDirectorySource, parseAllowList } from '../../src/sources/index.ts'
import { tempDir } from '../support/temp-dir.ts'
import { describeInputSource } from './input-source.ts'

describeInputSource('localDirectory', async () => {
  const root = await tempDir()
  for (const name of ['videos/yard', 'work', 'empty', 'private'])
    await mkdir(join(root, name), { recursive: true })
  await writeFile(join(root, 'videos/gate.mp4'), 'gate')
  await writeFile(join(root, 'videos/yard/1.mp4'), 'yard 1')
  await writeFile(join(root, 'work/a'), 'a')
  await writeFile(join(root, 'private/key'), 'secret')
  const allowList = parseAllowList([join(root, 'videos'), join(root, 'work:rw'), join(root, 'empty')])
  const spec = (name: string, readWrite = false) =>
    ({ type: 'localDirectory', path: join(root, name), readWrite }) as const
  return {
    source: createLocalDirectorySource({ allowList, denied: [] }),
    good: { spec: spec('videos'), files: 2, bytes: 10 },
    writable: spec('work', true),
    forbidden: spec('private'),
    missing: spec('videos/none'),
    empty: spec('empty'),
  }
})
