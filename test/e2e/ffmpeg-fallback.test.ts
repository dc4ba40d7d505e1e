import { mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { EventsDocument } from '../../src/domain/index.ts'
import { runEdge } from '../support/cluster.ts'
import { samplePath } from '../support/sample.ts'
import { tempDir } from '../support/temp-dir.ts'

/** A PATH with everything `edge` itself needs, and neither ffmpeg nor ffprobe. */
async function pathWithoutFfmpeg(directory: string): Promise<string> {
  const folder = join(directory, 'bin')
  await mkdir(folder)
  for (const program of ['sh', 'dirname', 'readlink'])
    await symlink((await which(program)) ?? '', join(folder, program))
  return folder
}

async function which(program: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    const names = await readdir(folder).catch((): string[] => [])
    if (names.includes(program)) return join(folder, program)
  }
  return undefined
}

it('without ffmpeg on the PATH the npm package’s does the work', { timeout: 120_000 }, async () => {
  const directory = await tempDir()
  const env = { PATH: await pathWithoutFfmpeg(directory), EDGE_DATA_DIR: join(directory, 'data') }
  const doctor = await runEdge(['doctor', '--json'], { env, cwd: directory })
  const findings = JSON.parse(doctor.stdout) as { what: string; verdict: string; found: string }[]
  expect(findings.find(({ what }) => what === 'ffmpeg')).toMatchObject({
    verdict: 'note',
    found: expect.stringMatching(/ffmpeg.*\(package\); .*ffprobe.*\(package\)/) as unknown,
  })
  const detected = await runEdge(['detect', samplePath('videos/horses.mp4'), '--output-dir', 'found'], {
    env,
    cwd: directory,
  })
  expect(detected).toMatchObject({ code: 0 })
  const document = await readFile(join(directory, 'found', 'events.json'), 'utf8')
  const { events } = EventsDocument.parse(JSON.parse(document))
  expect(events.length).toBeGreaterThan(0)
  for (const { clip } of events) {
    const bytes = await readFile(join(directory, 'found', clip ?? ''))
    expect(bytes.subarray(4, 8).toString()).toBe('ftyp')
  }
})
