import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createLocalDirectorySource, parseAllowList } from '../../src/sources/index.ts'
import { tempDir } from '../support/temp-dir.ts'
import { describeInputSource } from './input-source.ts'

const suite = { isWritable: true, refusals: ['forbidden', 'missing', 'empty'] }

describeInputSource('localDirectory', suite, async () => {
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
    content: ['gate.mp4', 'yard/1.mp4'],
    refused: {
      forbidden: { spec: spec('private'), code: 'path_not_allowed', atBid: 'path_not_allowed' },
      missing: { spec: spec('videos/none'), code: 'path_missing', atBid: 'path_missing' },
      empty: { spec: spec('empty'), code: 'input_empty', atBid: 'input_empty' },
    },
  }
})
