import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { factsOf } from '../../src/cli/command-facts.ts'
import { createParser, nameOf } from '../../src/cli/parser.ts'
import { splitWords } from '../../src/cli/split-words.ts'
import { commandTable } from '../../src/cli/table.ts'
import { profileBook } from '../../src/config/index.ts'
import { JobSpec } from '../../src/domain/index.ts'
import { exampleWords } from '../support/example-words.ts'
import { runWords } from '../support/run-words.ts'
import { tempDir } from '../support/temp-dir.ts'
import { testApi } from '../support/test-api.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

const examples = (
  await Promise.all(
    commandTable.map(async (entry) =>
      (await factsOf(entry)).examples.map(([line]) => ({ line, name: nameOf(entry) })),
    ),
  )
).flat()

/** Commands that need nothing but an API, or this machine’s settings; others need footage, models, results or a file. */
const runnableNames = new Set([
  ...['list', 'describe', 'logs', 'wait', 'cancel', 'id', 'version', 'completion', 'token new'],
  ...['list', 'describe', 'history', 'executions', 'logs', 'results', 'wait', 'stop', 'explain'].map(
    (verb) => `job ${verb}`,
  ),
  ...['list', 'describe', 'approve', 'reject'].map((verb) => `node ${verb}`),
  ...['list', 'get', 'set'].map((verb) => `config ${verb}`),
  ...['list', 'show', 'save', 'select', 'delete'].map((verb) => `profile ${verb}`),
])
const runnable = examples.filter(({ name, line }) => runnableNames.has(name) && !line.includes('stdin'))

describe('the examples in the help', () => {
  it.each(examples.map(({ line, name }) => [line, name]))('%s is understood', async (line, name) => {
    const complaints: string[] = []
    const meant: string[] = []
    const run = (entry: (typeof commandTable)[number]): Promise<void> => {
      meant.push(nameOf(entry))
      return Promise.resolve()
    }
    const { words } = await splitWords(exampleWords(line), commandTable)
    await createParser(words, run, (message) => complaints.push(message)).parseAsync()
    expect(complaints).toEqual([])
    expect(meant).toEqual([name])
  })

  it.each(runnable.map(({ line, name }) => [line, name]))('%s works', async (line, name) => {
    const home = await tempDir()
    vi.stubEnv('XDG_CONFIG_HOME', home)
    vi.stubEnv('EDGE_DATA_DIR', join(home, 'data'))
    vi.stubEnv('EDGE_PROFILE', '')
    const { api, orchestrator } = testApi()
    await api.start()
    const spec = JobSpec.parse({ apiVersion: 'edge/v1', engine: { type: 'noop' } })
    const { job } = await orchestrator.submit(spec)
    orchestrator.run(job.id, orchestrator.addNode('north-gate'))
    if (/wait|logs/.test(name)) orchestrator.finish(job.id)
    const { hostname, port } = new URL(api.url)
    vi.stubEnv('EDGE_NODE_CLIENTAPI_HOST', hostname)
    vi.stubEnv('EDGE_NODE_CLIENTAPI_PORT', port)
    if (name !== 'profile save') await profileBook().save('north', { host: hostname, port: Number(port) })
    const words = exampleWords(line).map((word) =>
      word.replace('4b1422ff', job.id.slice(0, 8)).replace('/var/lib/edge', join(home, 'other')),
    )
    expect(await runWords(words)).toMatchObject({ code: 0 })
  })
})
