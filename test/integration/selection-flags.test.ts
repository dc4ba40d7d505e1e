import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import yargs from 'yargs'
import { serve } from '../../src/cli/commands/serve.ts'
import { createClient } from '../../src/client/index.ts'
import { loadSettings, type Settings } from '../../src/config/index.ts'
import type { JobSpecInput } from '../../src/domain/index.ts'
import { startNode } from '../../src/node/index.ts'
import { selectionOf } from '../../src/node/selection.ts'
import { computeNode } from '../support/compute-node.ts'
import { eventually } from '../support/eventually.ts'
import { QuietLog } from '../support/quiet-log.ts'
import { newOffer } from '../support/scripted-requester.ts'
import { tempDir } from '../support/temp-dir.ts'

async function settingsOf(flags: readonly string[]): Promise<Settings> {
  const parser = serve.build(yargs([...flags])).option('data-dir', { type: 'string' })
  return loadSettings(await parser.strict().exitProcess(false).parse(), {}).values
}

async function refusalByRules(
  flags: readonly string[],
  spec: Partial<JobSpecInput>,
): Promise<string | undefined> {
  const node = await computeNode({ selection: selectionOf(await settingsOf(flags)) })
  const bid = await node.requester.offer(newOffer({ engine: { type: 'noop' }, ...spec }))
  return bid.reason?.code
}

/** A node started with these flags as `edge serve` reads them; answers with the reason for which it refuses a job. */
async function refusalOf(flags: readonly string[], spec: Partial<JobSpecInput>): Promise<string | undefined> {
  const dir = await tempDir()
  const all = [
    '--node-type=requester,compute',
    `--data-dir=${join(dir, 'data')}`,
    '--port=0',
    '--swarm-port=0',
  ]
  const own = ['--swarm-host=127.0.0.1', '--allow-listed-local-paths', dir]
  const settings = await settingsOf([...all, ...own, ...flags])
  const node = await startNode({
    settings,
    portsAreDefaults: { api: false, swarm: false },
    log: new QuietLog(),
  })
  onTestFinished(() => node.stop())
  const client = createClient({ host: node.api.host, port: node.api.port })
  await eventually(async () => {
    const [own] = await client.nodes()
    return own?.connectivity === 'connected'
  })
  const { job } = await client.submit({
    apiVersion: 'edge/v1',
    type: 'ops',
    engine: { type: 'noop' },
    ...spec,
  })
  const code = await eventually(async () => {
    const { executions } = await client.job(job.id)
    const [execution] = executions
    if (execution?.state === 'Completed') return { code: undefined }
    if (execution?.state === 'AskForBidRejected') return { code: execution.reason?.code }
    throw new Error(`the execution is ${String(execution?.state)}`)
  })
  return code.code
}

describe('a flag of edge serve reaches the admission of its node', () => {
  it('--job-selection-reject-stateless', async () => {
    expect(await refusalOf([], {})).toBeUndefined()
    expect(await refusalOf(['--job-selection-reject-stateless'], {})).toBe('stateless_rejected')
  })

  // No engine of this node takes a network, and nothing fetches: these two are asked of a node that has the same rules.
  it('--job-selection-accept-networked', async () => {
    const network = { mode: 'full' as const }
    expect(await refusalByRules([], { network })).toBe('networked_rejected')
    expect(await refusalByRules(['--job-selection-accept-networked'], { network })).toBeUndefined()
  })

  it('--job-selection-data-locality', async () => {
    const inputs = [{ source: { type: 'url' as const, url: 'https://example.org/a.mp4' }, target: '/in' }]
    expect(await refusalByRules(['--job-selection-data-locality=local'], { inputs })).toBe('data_not_local')
    // Not the rules but the lack of a source for addresses refuses it then.
    expect(await refusalByRules([], { inputs })).toBe('source_unavailable')
  })

  it('--job-selection-probe-exec, without a shell, and --job-selection-probe-timeout', async () => {
    expect(await refusalOf(['--job-selection-probe-exec=true'], {})).toBeUndefined()
    expect(await refusalOf(['--job-selection-probe-exec=false'], {})).toBe('probe_rejected')
    expect(await refusalOf(['--job-selection-probe-exec=true;false'], {})).toBe('probe_failed')
    const slow = ['--job-selection-probe-exec', '["sleep", "30"]', '--job-selection-probe-timeout=0.2']
    expect(await refusalOf(slow, {})).toBe('probe_failed')
  })

  it('--job-selection-probe-http', async () => {
    const server = createServer((_, response) => response.end('{"shouldBid": false}')).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    onTestFinished(() => {
      server.close()
    })
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`
    expect(await refusalOf([`--job-selection-probe-http=${url}`], {})).toBe('probe_rejected')
  })

  it.each([
    ['--limit-job-cpu=0.5', { resources: { cpu: 0.6 } }],
    ['--limit-job-memory=10000000', { resources: { memoryBytes: 20_000_000 } }],
  ])('%s', async (flag, spec) => {
    expect(await refusalOf([flag], spec)).toBe('capacity_exceeded')
  })
})
