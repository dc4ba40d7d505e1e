import { join } from 'node:path'
import { createLocalPublisher } from '../../src/publishers/index.ts'
import { tempDir } from '../support/temp-dir.ts'
import { describePublisher } from './publisher.ts'

describePublisher('local', async () =>
  createLocalPublisher({ directory: join(await tempDir(), 'published') }),
)
