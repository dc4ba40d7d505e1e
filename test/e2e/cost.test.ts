import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { JobSpec } from '../../src/domain/index.ts'
import type { NodeView, ResultView } from '../../src/domain/index.ts'
import { runEdge } from '../support/cluster.ts'
import type { FakeOrchestrator } from '../support/fake-orchestrator.ts'
import { testApi } from '../support/test-api.ts'

interface Costs {
  readonly preset: string
  readonly figures: Record<string, string>
  readonly providers: readonly {
    readonly provider: string
    readonly lines: readonly { kind: string; beforeMicroDollars: number; afterMicroDollars: number }[]
    readonly beforeMicroDollars: number
    readonly afterMicroDollars: number
    readonly savingsPercent?: number
    readonly notPriced: readonly string[]
  }[]
}

async function costs(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Costs> {
  const { code, stdout, stderr } = await runEdge(['cost', '--json', ...args], { env })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as Costs
}

const page = await readFile(new URL('../../docs/cost.md', import.meta.url), 'utf8')
const shown = [...page.matchAll(/```console\n\$ edge (.*)\n([\s\S]*?)```/g)].map(
  ([, line = '', output = '']) => [line, output] as const,
)

describe('docs/cost.md', () => {
  it.each(shown.filter(([line]) => !line.includes('--from-job')))(
    'shows what `edge %s` prints',
    async (line, output) => {
      const { code, stdout } = await runEdge(line.split(' '))
      expect(code).toBe(0)
      expect(stdout).toBe(output)
    },
  )

  it('names every figure of the help', async () => {
    const { stdout } = await runEdge(['cost', '--help'])
    const flags = [...stdout.matchAll(/^ +--([a-z-]+)/gm)].map(([, flag]) => `--${flag ?? ''}`)
    const known = ['--api-host', '--api-port', '--profile', '--data-dir', '--json']
    for (const flag of flags.filter((one) => !known.includes(one))) expect(page).toContain(`\`${flag}`)
  })
})

describe('edge cost', () => {
  it('prints the guide’s tables', async () => {
    const { code, stdout } = await runEdge(['cost', '--preset', 'seed-2023'])
    expect(code).toBe(0)
    const cells = [...stdout.matchAll(/^(\w.*?) {2,}(\S+) +(\S+)$/gm)].map((row) => row.slice(1).join(' '))
    expect(cells).toEqual(
      expect.arrayContaining([
        'Sum $258,450.00 $68,750.00',
        'Sum $303,248.50 $122,998.50',
        'Sum $221,650.00 $77,100.00',
      ]),
    )
    expect(stdout).toMatch(/Savings +73\.40%[^]*Savings +59\.44%[^]*Savings +65\.22%/)
  })

  it('takes figures and prices of one’s own', async () => {
    const own =
      '--provider azure --cameras 1 --gb-per-camera-hour 1 --months 1 --kept-share 0.5 --download-share 0'
    const prices = '--storage-price 0.02 --upload-price 0.01 --ai-price 0.001 --node-price 0.5'
    const { figures, providers } = await costs([
      ...own.split(' '),
      ...prices.split(' '),
      '--node-hours-per-camera-hour=0.1',
    ])
    expect(figures).toEqual({
      cameras: '1',
      gbPerCameraHour: '1',
      hoursPerDay: '24',
      months: '1',
      keptShare: '0.5',
      downloadShare: '0',
      nodeHoursPerCameraHour: '0.1',
    })
    // 730 GB in a month, half of them in its middle.
    const line = (kind: string, before: number, after: number): object => ({
      kind,
      beforeMicroDollars: before,
      afterMicroDollars: after,
    })
    expect(providers).toEqual([
      {
        provider: 'azure',
        lines: [
          line('storage', 7_300_000, 3_650_000),
          line('upload', 7_300_000, 3_650_000),
          line('ai', 43_800_000, 0),
          line('nodes', 0, 36_500_000),
        ],
        beforeMicroDollars: 58_400_000,
        afterMicroDollars: 43_800_000,
        savingsPercent: 25,
        notPriced: [],
      },
    ])
  })

  it('shows every preset with date and source, as JSON too', async () => {
    const { code, stdout } = await runEdge(['cost', '--list-presets'])
    expect(code).toBe(0)
    expect(stdout).toContain('2026-11-23: https://cloud.google.com/storage/pricing')
    const asJson = await runEdge(['cost', '--list-presets', '--json'])
    expect((JSON.parse(asJson.stdout) as { name: string }[]).map(({ name }) => name)).toEqual([
      'list',
      'seed-2023',
    ])
  })

  it.each([
    ['--cameras=', '--cameras must be a number from 1 to 100000'],
    ['--cameras -3', '--cameras must be a number from 1 to 100000'],
    ['--kept-share 0.1 --kept-share 0.2', '--kept-share is given more than once'],
    ['--preset seed-2023 --cameras 2', '--cameras has no part in --preset seed-2023'],
    ['--list-presets --from-job 1', '--list-presets shows prices and --from-job a job'],
    ['--from-job 4b1422ff --preset seed-2023', '--from-job cannot be priced by --preset seed-2023'],
    ['--provider gcp --provider aws', '--provider is given more than once'],
    ['--json --cameras 100000 --gb-per-camera-hour 10000', 'more than --json can tell'],
  ])('refuses %s and names the field', async (line, message) => {
    const { code, stdout, stderr } = await runEdge(['cost', ...line.split(' ')])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
  })
})

describe('edge cost --from-job', () => {
  async function served(): Promise<{ orchestrator: FakeOrchestrator; env: NodeJS.ProcessEnv }> {
    const { api, orchestrator } = testApi()
    await api.start()
    const { port, hostname } = new URL(api.url)
    return { orchestrator, env: { EDGE_NODE_CLIENTAPI_HOST: hostname, EDGE_NODE_CLIENTAPI_PORT: port } }
  }

  const spec = JobSpec.parse({ apiVersion: 'edge/v1', engine: { type: 'noop' } })
  const result = (node: NodeView, executionId: ResultView['executionId'], published: number): ResultView => ({
    executionId,
    nodeId: node.id,
    nodeName: node.info.name,
    state: 'Completed',
    fetched: true,
    summary: {
      cid: 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
      bytes: published,
      files: 4,
      scannedFiles: 2,
      scannedBytes: 500_000_000_000,
      scannedSeconds: 36_000,
      events: 3,
      clips: 3,
    },
  })

  it('prices what two nodes scanned and published, and how long they worked', async () => {
    const { orchestrator, env } = await served()
    const { job } = await orchestrator.submit(spec)
    for (const [name, published] of [
      ['north', 30_000_000_000],
      ['south', 20_000_000_000],
    ] as const) {
      const node = orchestrator.addNode(name)
      orchestrator.publish(job.id, result(node, orchestrator.run(job.id, node), published))
    }
    const early = await runEdge(['cost', '--from-job', job.id.slice(0, 8)], { env })
    expect(early.stderr).toBe(
      `Job ${job.id.slice(0, 8)} is Running: priced is what 2 of its nodes published.\n`,
    )
    expect(early.stdout).toContain(
      'edge cost --gb-per-camera-hour 50 --kept-share 0.05 --node-hours-per-camera-hour ',
    )
    orchestrator.finish(job.id)

    const history = await orchestrator.history(job.id, {})
    const sum = (state: string): number =>
      history
        .filter(({ entity, to }) => entity === 'execution' && to === state)
        .reduce((total, { atMs }) => total + atMs, 0)
    const workedMs = sum('Publishing') - sum('Running')
    expect(workedMs).toBeGreaterThan(0)

    const { figures, providers } = await costs(
      ['--from-job', job.id, '--provider', 'aws', '--months', '2'],
      env,
    )
    expect(figures).toEqual({
      scannedBytes: '1000000000000',
      scannedSeconds: '72000',
      publishedBytes: '50000000000',
      nodeSeconds: String(workedMs / 1000),
      months: '2',
    })
    // 1,000 GB and 50 GB at $0.023 for two months; 50 GB are within the free transfer; 1,200 minutes at $0.10.
    const nodes = Math.round((workedMs * 110_000) / 3_600_000)
    expect(providers[0]).toMatchObject({
      lines: [
        { kind: 'storage', beforeMicroDollars: 46_000_000, afterMicroDollars: 2_300_000 },
        { kind: 'upload', beforeMicroDollars: 0, afterMicroDollars: 0 },
        { kind: 'download', beforeMicroDollars: 0, afterMicroDollars: 0 },
        { kind: 'ai', beforeMicroDollars: 120_000_000, afterMicroDollars: 0 },
        { kind: 'nodes', beforeMicroDollars: 0, afterMicroDollars: nodes },
      ],
      beforeMicroDollars: 166_000_000,
      afterMicroDollars: 2_300_000 + nodes,
      notPriced: [],
    })
  })

  it('says that there is nothing to price, or no such job, or nobody to ask', async () => {
    const { orchestrator, env } = await served()
    const { job } = await orchestrator.submit(spec)
    const nothing = await runEdge(['cost', '--from-job', job.id], { env })
    expect(nothing).toMatchObject({ code: 3, stdout: '' })
    expect(nothing.stderr).toContain(
      `job ${job.id.slice(0, 8)} (Pending) has published nothing that could be priced`,
    )

    const node = orchestrator.addNode('north')
    const unscanned = result(node, orchestrator.run(job.id, node), 5)
    orchestrator.publish(job.id, { ...unscanned, summary: { ...unscanned.summary, scannedBytes: 0 } })
    const empty = await runEdge(['cost', '--from-job', job.id], { env })
    expect(empty.code).toBe(3)
    expect(empty.stderr).toContain('scanned no footage')

    expect((await runEdge(['cost', '--from-job', '00000000'], { env })).code).toBe(3)
    expect(
      (await runEdge(['cost', '--from-job', job.id], { env: { ...env, EDGE_NODE_CLIENTAPI_PORT: '9' } }))
        .code,
    ).toBe(4)
  })
})
