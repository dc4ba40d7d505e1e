import { join } from 'node:path'
import { createSqliteComputeStore } from '../../src/stores/index.ts'
import { QuietLog } from '../support/quiet-log.ts'
import { tempDir } from '../support/temp-dir.ts'
import { describeComputeStore } from './compute-store.ts'

describeComputeStore('SQLite', async () =>
  createSqliteComputeStore({ path: join(await tempDir(), 'compute.db'), log: new QuietLog() }),
)
