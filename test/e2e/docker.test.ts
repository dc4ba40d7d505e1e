import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Cluster } from '../support/cluster.ts'
import { sharedDocker } from '../support/docker-engine.ts'
import { docker } from '../support/docker-work.ts'
import { testImage } from '../support/dockerd.ts'
import { eventually } from '../support/eventually.ts'

const address = await sharedDocker()

/** Fetches the one result of a job; gives its folder. */
async function fetched(cluster: Cluster, id: string): Promise<string> {
  expect(await cluster.run(['get', id])).toMatchObject({ code: 0 })
  const directory = join(cluster.place, `job-${id.slice(0, 8)}`)
  const manifest = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8')) as {
    readonly results: readonly { readonly folder: string }[]
  }
  expect(manifest.results).toHaveLength(1)
  return join(directory, manifest.results[0]?.folder ?? '')
}

describe.skipIf(address === undefined)('container jobs', () => {
  const jobFile = async (place: string, name: string, script: string): Promise<string> => {
    const spec = {
      apiVersion: 'edge/v1',
      name,
      type: 'ops',
      engine: { type: 'docker', image: testImage, command: ['sh', '-c', script] },
      resources: { memoryBytes: 2 ** 26 },
    }
    const path = join(place, `${name}.json`)
    await writeFile(path, JSON.stringify(spec))
    return path
  }

  it('go on in the same container when their node is killed and started again; their results come once', async () => {
    const cluster = await Cluster.create()
    await cluster.startRequester()
    const flags = [`--docker-host=${address ?? ''}`]
    await cluster.startCompute('gate', flags)
    await cluster.untilConnected(1)
    const script =
      'i=0; while [ $i -lt 80 ]; do i=$((i+1)); echo line $i; sleep 0.1; done; echo end > /outputs/end'
    const created = await cluster.run(['create', await jobFile(cluster.place, 'long', script), '--id-only'])
    const id = created.stdout.trim()
    await eventually(async () => (await cluster.run(['logs', id])).stdout.includes('line 5'))
    const { executions } = await cluster.client.job(id)
    const name = `edge-${executions[0]?.id ?? ''}`
    const container = await docker(address ?? '', 'inspect', '--format', '{{.Id}}', name)
    await cluster.kill('gate')
    expect(await docker(address ?? '', 'inspect', '--format', '{{.Id}} {{.State.Running}}', name)).toBe(
      `${container} true`,
    )
    await cluster.startCompute('gate', flags)
    expect((await cluster.run(['wait', id])).code).toBe(0)
    const lines = Array.from({ length: 80 }, (_, index) => `line ${index + 1}`)
    expect(
      (await cluster.run(['logs', id])).stdout
        .trim()
        .split('\n')
        .map((line) => line.replace('gate | ', '')),
    ).toEqual(lines)
    const folder = await fetched(cluster, id)
    expect(await readFile(join(folder, 'stdout'), 'utf8')).toBe(`${lines.join('\n')}\n`)
    expect(await readFile(join(folder, 'outputs/end'), 'utf8')).toBe('end\n')
    expect(JSON.parse(await readFile(join(folder, 'engine.json'), 'utf8'))).toMatchObject({
      engine: 'docker',
      image: testImage,
    })
    expect(await docker(address ?? '', 'ps', '-a', '-q', '--filter', `name=${name}`)).toBe('')
  })

  it('fail with the exit code of the container, and what it left can be fetched', async () => {
    const cluster = await Cluster.create()
    await cluster.startRequester()
    await cluster.startCompute('gate', [`--docker-host=${address ?? ''}`])
    await cluster.untilConnected(1)
    const script = 'echo half > /outputs/partial; ln -s /etc/passwd /outputs/link; exit 3'
    const ran = await cluster.run(['create', await jobFile(cluster.place, 'bad', script), '--wait'])
    expect(ran.code).toBe(1)
    const id = /Job ID: (\S+)/.exec(ran.stdout)?.[1] ?? ''
    expect((await cluster.client.job(id)).executions[0]).toMatchObject({ state: 'Failed', exitCode: 3 })
    const folder = await fetched(cluster, id)
    expect(await readFile(join(folder, 'outputs/partial'), 'utf8')).toBe('half\n')
    expect(await readFile(join(folder, 'stderr'), 'utf8')).toContain('"outputs/link" is a link')
  })
})
