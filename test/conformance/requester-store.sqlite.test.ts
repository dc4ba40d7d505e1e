import { join } from 'node:path'
import { createSqliteRequesterStore } from '../../src/stores/index.ts'
import { QuietLog } from '../support/quiet-log.ts'
import { tempDir } from '../support/temp-dir.ts'
import { describeRequesterStore } from './requester-store.ts'

describeRequesterStore('SQLite', async () =>
  createSqliteRequesterStore({ path: join(await tempDir(), 'requester.db'), log: new QuietLog() }),
)
