import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Cluster } from '../support/cluster.ts'
import { sharedDocker } from '../support/docker-engine.ts'
import { testImage } from '../support/dockerd.ts'

const address = await sharedDocker()

async function startCluster(...names: readonly string[]): Promise<Cluster> {
  const cluster = await Cluster.create()
  await cluster.startRequester()
  for (const name of names) {
    const folder = join(cluster.place, `${name}-videos`)
    await mkdir(folder)
    await writeFile(join(folder, 'gate.txt'), `seen by ${name}\n`)
    await cluster.startCompute(name, [
      `--allow-listed-local-paths=/videos=${folder}`,
      `--docker-host=${String(address)}`,
    ])
  }
  await cluster.untilConnected(names.length)
  return cluster
}

interface Manifest {
  readonly results: readonly { readonly nodeName: string; readonly folder: string }[]
}

async function fetched(cluster: Cluster, stdout: string): Promise<Record<string, string>> {
  const id = /Job ID: ([0-9a-f-]{8})/.exec(stdout)?.[1] ?? ''
  const folder = join(cluster.place, `job-${id}`)
  const { results } = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest
  return Object.fromEntries(results.map((result) => [result.nodeName, join(folder, result.folder)]))
}

describe.skipIf(address === undefined)('edge docker run with a requester and nodes', () => {
  it('runs beside every node’s footage and fetches what was left', { timeout: 240_000 }, async () => {
    const cluster = await startCluster('north', 'south')
    const ran = await cluster.run([
      ...['docker', 'run', '--target=all', '-i', 'file:///videos:/videos', '-e', 'WORD=kept', '--download'],
      ...[testImage, 'sh', '-c', 'echo $WORD; cat /videos/gate.txt > /outputs/copy'],
    ])
    expect(ran).toMatchObject({ code: 0 })
    const folders = await fetched(cluster, ran.stdout)
    expect(Object.keys(folders).sort()).toEqual(['north', 'south'])
    for (const [name, folder] of Object.entries(folders)) {
      expect(await readFile(join(folder, 'outputs/copy'), 'utf8')).toBe(`seen by ${name}\n`)
      expect(await readFile(join(folder, 'stdout'), 'utf8')).toBe('kept\n')
      expect(ran.stdout).toContain(folder.slice(cluster.place.length + 1).split('/')[1])
    }
  })

  it('prints logs as they come, and fails with what was left', { timeout: 240_000 }, async () => {
    const cluster = await startCluster('north')
    const failed = await cluster.run([
      ...['docker', 'run', '--follow', '--download', testImage],
      ...['sh', '-c', 'echo begun; echo half > /outputs/part; echo no luck >&2; exit 3'],
    ])
    expect(failed.code).toBe(1)
    expect(failed.stdout).toMatch(/^north +\| begun$/m)
    expect(failed.stdout).toMatch(/^north +\| no luck$/m)
    expect(failed.stderr).toMatch(/north: Failed: .*3/)
    const { north = '' } = await fetched(cluster, failed.stdout)
    expect(await readFile(join(north, 'outputs/part'), 'utf8')).toBe('half\n')

    const missing = await cluster.run(['docker', 'run', 'edge-test/no-such-image'])
    expect(missing.code).toBe(1)
    expect(missing.stderr).toMatch(/north: .*edge-test\/no-such-image/)

    const nowhere = await cluster.run(['docker', 'run', '--download', '-s', 'site=mars', testImage])
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringMatching(/left no results/) as string })
  })
})
