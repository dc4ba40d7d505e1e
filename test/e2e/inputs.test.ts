import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fetchOne, viewOf } from '../support/by-cli.ts'
import { Cluster } from '../support/cluster.ts'
import { FileServer, sha256 } from '../support/file-server.ts'
import { samplePath } from '../support/sample.ts'

/** Runs a job to its end; gives its id and the exit code of `edge wait`. */
async function onnx(cluster: Cluster, ...flags: readonly string[]): Promise<{ id: string; code: number }> {
  const submitted = await cluster.run(['onnx', 'run', '--sample-fps=2', '--id-only', ...flags])
  expect(submitted).toMatchObject({ code: 0 })
  const id = submitted.stdout.trim()
  return { id, code: (await cluster.run(['wait', id])).code }
}

describe('inputs that are fetched', () => {
  it(
    'a video from a url makes events, and the clips of these are the input of a second job',
    { timeout: 180_000 },
    async () => {
      const [server, cluster] = [await FileServer.start(), await Cluster.create()]
      const video = await readFile(samplePath('videos/horses.mp4'))
      const url = server.serve('/yard/horses.mp4', video, { breaks: [Math.floor(video.byteLength / 2)] })
      await cluster.startRequester()
      await cluster.startCompute('north', [`--allow-url-hosts=${server.host}`])
      await cluster.untilConnected(1)

      const input = `--input=src=${url},dst=/yard,opt=sha256=${sha256(video)}`
      const { id, code } = await onnx(cluster, input)
      expect(code).toBe(0)
      const outputs = join(await fetchOne(cluster, id), 'outputs')
      const { events } = JSON.parse(await readFile(join(outputs, 'events.json'), 'utf8')) as {
        events: { source: string }[]
      }
      expect(new Set(events.map(({ source }) => source))).toEqual(new Set(['yard/horses.mp4']))
      const clips = (await readdir(join(outputs, 'clips'), { recursive: true })).filter(
        (path) => path.endsWith('.mp4') && path.split('/').length === 3,
      )
      expect(clips.length).toBeGreaterThan(0)
      const downloads = server.asked.length

      expect(await onnx(cluster, input)).toMatchObject({ code: 0 })
      expect(server.asked).toHaveLength(downloads)

      const second = await onnx(cluster, `--input=edge://${id.slice(0, 8)}/outputs/clips:/earlier`)
      expect(second).toMatchObject({ code: 0 })
      const ledger = JSON.parse(
        await readFile(join(await fetchOne(cluster, second.id), 'outputs', 'ledger.json'), 'utf8'),
      ) as { sources: { source: string }[] }
      expect(ledger.sources.map(({ source }) => source)).toEqual(
        clips.map((clip) => expect.stringContaining(`/outputs/clips/${clip}`) as string),
      )
    },
  )

  it(
    'a host that the owner did not name is refused in the bid, and said so',
    { timeout: 60_000 },
    async () => {
      const [server, cluster] = [await FileServer.start(), await Cluster.create()]
      await cluster.startRequester()
      await cluster.startCompute('north')
      await cluster.untilConnected(1)
      const run = await onnx(cluster, '--target=all', `--input=${server.url('/a.mp4')}`)
      expect(run.code).toBe(1)
      const { executions } = await viewOf(cluster, run.id)
      expect(executions).toMatchObject([
        {
          state: 'AskForBidRejected',
          reason: { code: 'url_not_allowed', message: expect.stringContaining('127.0.0.1') as string },
        },
      ])
      expect(server.asked).toEqual([])
    },
  )
})
