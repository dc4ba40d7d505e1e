import { join } from 'node:path'
import { FsBlockStore } from '../../src/content/index.ts'
import { tempDir } from '../support/temp-dir.ts'
import { describeBlockStore } from './block-store.ts'

describeBlockStore('file system', async () => new FsBlockStore(join(await tempDir(), 'blocks')))
