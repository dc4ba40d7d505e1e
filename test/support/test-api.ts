import { onTestFinished } from 'vitest'
import { createApi } from '../../src/api/index.ts'
import type { Api, ApiInit } from '../../src/api/index.ts'
import { NodeId } from '../../src/domain/index.ts'
import type { AgentView } from '../../src/domain/index.ts'
import { FakeOrchestrator } from './fake-orchestrator.ts'
import { QuietLog } from './quiet-log.ts'

export const testAgent: AgentView = {
  id: NodeId.parse('12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'),
  name: 'hub',
  version: '0.1.0',
  types: ['requester'],
  multiaddrs: ['/ip4/127.0.0.1/tcp/1235'],
  startedAtMs: 1,
}

export interface TestApi {
  readonly api: Api
  readonly orchestrator: FakeOrchestrator
  readonly log: QuietLog
}

/** An API before a fake orchestrator, on a free port of loopback once started; stopped when the test is over. */
export function testApi(init: Partial<ApiInit> = {}, orchestrator = new FakeOrchestrator()): TestApi {
  const log = new QuietLog()
  const api = createApi({
    orchestrator,
    agent: () => testAgent,
    log,
    host: '127.0.0.1',
    port: 0,
    auth: { mode: 'open' },
    ...init,
  })
  onTestFinished(() => api.stop())
  return { api, orchestrator, log }
}
