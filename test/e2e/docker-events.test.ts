import { chmod, copyFile, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EventsDocument } from '../../src/domain/index.ts'
import { Cluster } from '../support/cluster.ts'
import { sharedDocker } from '../support/docker-engine.ts'
import { testImage } from '../support/dockerd.ts'
import { leaveLabels, sixPeople } from '../support/left-labels.ts'
import { samplePath } from '../support/sample.ts'

const address = await sharedDocker()

/** Stands for detect.py: copies the video, as that draws boxes into a copy, and leaves label files. */
const script =
  'mkdir -p /outputs/exp && cp /videos/*.mp4 /outputs/exp/ && cp -r /prepared /outputs/exp/labels && echo labelled'

const specOf = (extra: string): string => `apiVersion: edge/v1
type: ops
engine:
  type: docker
  image: ${testImage}
  command: [sh, -c, ${JSON.stringify(script)}]
  policy: { classes: [person], minDurationSeconds: 25 }
inputs:
  - { source: { type: localDirectory, path: /videos }, target: /videos }
  - { source: { type: localDirectory, path: /prepared }, target: /prepared }
${extra}
`

describe.skipIf(address === undefined)('a container job with a policy', () => {
  it('publishes the clips of its events, and all it left only when asked', { timeout: 240_000 }, async () => {
    const cluster = await Cluster.create()
    const [videos, prepared] = ['videos', 'prepared'].map((name) => join(cluster.place, name)) as [
      string,
      string,
    ]
    await mkdir(videos)
    await copyFile(samplePath(`videos/${sixPeople.file}`), join(videos, sixPeople.file))
    await leaveLabels(prepared)
    for (const folder of [cluster.place, videos, prepared]) await chmod(folder, 0o755)
    await cluster.startRequester()
    await cluster.startCompute('north', [
      `--docker-host=${address ?? ''}`,
      `--allow-listed-local-paths=/videos=${videos},/prepared=${prepared}`,
    ])
    await cluster.untilConnected(1)
    const footage = (await stat(join(videos, sixPeople.file))).size

    const runJob = async (extra: string): Promise<{ id: string; folder: string; bytes: number }> => {
      const file = join(cluster.place, 'job.yaml')
      await writeFile(file, specOf(extra))
      const created = await cluster.run(['create', file])
      expect(created).toMatchObject({ code: 0 })
      const id = /Job ID: ([0-9a-f-]{36})/.exec(created.stdout)?.[1] ?? ''
      expect(await cluster.run(['wait', id])).toMatchObject({ code: 0 })
      expect(await cluster.run(['get', id])).toMatchObject({ code: 0 })
      const job = join(cluster.place, `job-${id.slice(0, 8)}`)
      const [node = ''] = (await readdir(job)).filter((name) => name.startsWith('north-'))
      const [execution] = (await cluster.client.job(id)).executions
      return { id, folder: join(job, node), bytes: execution?.result?.bytes ?? 0 }
    }

    const few = await runJob('')
    const outputs = join(few.folder, 'outputs')
    expect((await readdir(outputs)).sort()).toEqual(['clips', 'events.json', 'ledger.json', 'thumbnails'])
    const { events } = EventsDocument.parse(JSON.parse(await readFile(join(outputs, 'events.json'), 'utf8')))
    expect(events).toHaveLength(1)
    expect((await readFile(join(outputs, events[0]!.clip!))).subarray(4, 8).toString()).toBe('ftyp')
    expect(few.bytes).toBeLessThan(footage / 3)
    expect((await cluster.run(['logs', few.id])).stdout).toContain('labelled')

    const all = await runJob('publish: all')
    expect((await readdir(join(all.folder, 'outputs/exp'))).sort()).toEqual(['labels', sixPeople.file])
    expect(await readdir(join(all.folder, 'events'))).toContain('events.json')
    expect(all.bytes).toBeGreaterThan(footage)
  })
})
