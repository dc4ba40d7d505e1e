import { chmod, copyFile, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EventsDocument, JobSpec, LedgerDocument } from '../../../src/domain/index.ts'
import type { JobSpecInput } from '../../../src/domain/index.ts'
import { createEventsStage } from '../../../src/engines/docker/index.ts'
import { labelEvents } from '../../../src/inference/label-events/index.ts'
import { locateMediaTools } from '../../../src/media/index.ts'
import { sharedDocker } from '../../support/docker-engine.ts'
import { docker, scriptWork, testDockerEngine } from '../../support/docker-work.ts'
import { testImage } from '../../support/dockerd.ts'
import { eventually } from '../../support/eventually.ts'
import { labelInit, leaveLabels, leftLines, sixPeople } from '../../support/left-labels.ts'
import { runningProcesses } from '../../support/processes.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'
import type { RecordedWork } from '../../conformance/engine.ts'

const address = await sharedDocker()
const never = new AbortController().signal
const policy = { classes: ['person'] }

/** A script that gets the video as /videos and what is prepared as /prepared. */
async function videoWork(
  script: string,
  { prepared = '', ...spec }: Partial<JobSpecInput> & { prepared?: string } = {},
): Promise<RecordedWork> {
  const videos = await tempDir()
  await copyFile(samplePath(`videos/${sixPeople.file}`), join(videos, sixPeople.file))
  const given = prepared === '' ? await tempDir() : prepared
  // a container of a node that is root runs as nobody
  for (const folder of [videos, given]) await chmod(folder, 0o755)
  const work = await scriptWork(script)
  const engine = { type: 'docker', image: testImage, command: ['sh', '-c', script], policy } as const
  return {
    ...work,
    spec: JobSpec.parse({ apiVersion: 'edge/v1', engine, ...spec }),
    inputs: [
      { hostPath: videos, target: '/videos', readOnly: true },
      { hostPath: given, target: '/prepared', readOnly: true },
    ],
  }
}

const read = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'))

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

const told = (work: RecordedWork): string => work.lines.map(({ text }) => text).join('\n')

describe.skipIf(address === undefined)('events from containers', async () => {
  const afterwards = createEventsStage({ mediaTools: await locateMediaTools(), log: new QuietLog() })
  const engine = testDockerEngine(address ?? '', { afterwards })
  const leave =
    'mkdir -p /outputs/exp && cp -r /prepared /outputs/exp/labels && echo big > /outputs/annotated.mp4'

  it('are made of label files as from a folder of them, and are all that is published', async () => {
    const prepared = await tempDir()
    await leaveLabels(prepared)
    const work = await videoWork(leave, { prepared })
    const outcome = await engine.run(work, { signal: never })
    const footage = (await stat(samplePath(`videos/${sixPeople.file}`))).size
    expect(outcome).toEqual({
      exitCode: 0,
      scannedFiles: 1,
      scannedBytes: footage,
      scannedSeconds: expect.closeTo(139.4, 0) as number,
      events: 6,
      clips: 6,
    })
    expect((await readdir(work.outputsDir)).sort()).toEqual([
      'clips',
      'events.json',
      'ledger.json',
      'thumbnails',
    ])
    expect((await readdir(work.resultDir)).sort()).toEqual(['engine.json', 'outputs'])
    expect(await readdir(join(work.keptDir, 'outputs'))).toEqual(['annotated.mp4', 'exp'])
    const events = EventsDocument.parse(await read(join(work.outputsDir, 'events.json')))
    const alone = await labelEvents(
      await labelInit(prepared, { roots: [{ path: prepared, name: 'prepared', isLabels: true }] }),
    )
    expect(events.events).toEqual(alone.events.events)
    expect(events.model.name).toBe(testImage)
    expect(await bytesBelow(work.resultDir)).toBeLessThan(footage)
    expect(told(work)).toContain(`edge: videos/${sixPeople.file}: 6 events, 6 clips`)
  })

  it('lie beside everything else where a job publishes all', async () => {
    const prepared = await tempDir()
    await leaveLabels(prepared)
    const work = await videoWork(leave, { prepared, publish: 'all' })
    expect(await engine.run(work, { signal: never })).toMatchObject({ events: 6, clips: 6 })
    expect(await readdir(work.outputsDir)).toEqual(['annotated.mp4', 'exp'])
    expect(await readdir(work.resultDir)).toEqual(['engine.json', 'events', 'outputs'])
    await expect(stat(work.keptDir)).rejects.toThrow('ENOENT')
    const objection = await engine.objection(
      JobSpec.parse({ ...work.spec, outputs: [{ name: 'events', path: '/events' }] }),
    )
    expect(objection?.message).toBe('an output must not be called events')
  })

  it('are made of a detections.jsonl, in an output of any name', async () => {
    const prepared = await tempDir()
    await writeFile(join(prepared, 'detections.jsonl'), leftLines(`/videos/${sixPeople.file}`))
    const work = await videoWork('cp /prepared/* /out/', {
      prepared,
      outputs: [{ name: 'found', path: '/out' }],
    })
    expect(await engine.run(work, { signal: never })).toMatchObject({ exitCode: 0, events: 6 })
    expect(await readdir(work.resultDir)).toEqual(['engine.json', 'outputs'])
    expect(await readdir(join(work.keptDir, 'found'))).toEqual(['detections.jsonl'])
  })

  it('are made of what a container left that failed; its exit code stays, and the rest is a gap', async () => {
    const prepared = await tempDir()
    await leaveLabels(prepared, { takes: (frame) => frame < 600 })
    const work = await videoWork(`${leave}; exit 7`, { prepared })
    expect(await engine.run(work, { signal: never })).toMatchObject({ exitCode: 7, events: 3 })
    const { sources } = LedgerDocument.parse(await read(join(work.outputsDir, 'ledger.json')))
    expect(sources[0]!.gaps[0]!.reason).toEqual({
      code: 'exit_code',
      message: 'the container ended with exit code 7',
    })
  })

  it('are none where a container left no detections, which the result says', async () => {
    const work = await videoWork('echo something > /outputs/else.txt')
    expect(await engine.run(work, { signal: never })).toMatchObject({
      exitCode: 0,
      reason: {
        code: 'labels_missing',
        message: 'there is neither a folder labels nor a detections.jsonl in outputs',
      },
      events: 0,
    })
    expect((await readdir(work.outputsDir)).sort()).toEqual(['events.json', 'ledger.json'])
    expect(told(work)).toContain('edge: there is neither a folder labels nor a detections.jsonl in outputs')
  })

  it('are not looked for where nobody asked: no policy, everything is published', async () => {
    const work = await scriptWork('mkdir /outputs/labels; echo x > /outputs/labels/a_1.txt')
    expect(await engine.run(work, { signal: never })).toMatchObject({ exitCode: 0, events: 0 })
    expect(await readdir(work.outputsDir)).toEqual(['labels'])
  })

  it('are not led astray by links and absurd files', async () => {
    const stem = sixPeople.reference
    const script =
      'mkdir -p /outputs/exp/labels; cd /outputs/exp/labels; ln -s /etc/passwd ' +
      `${stem}_1.txt; mkfifo ${stem}_2.txt; ln -s / root; ln -s /videos /outputs/labels;` +
      `head -c 9000000 /dev/zero > ${stem}_3.txt; printf 'x\\033[2J' > "$(printf 'a\\033[2J_1.txt')";` +
      'yes | tr -d "\\n" | head -c 5000000 > /outputs/detections.jsonl'
    const work = await videoWork(script)
    expect(await engine.run(work, { signal: never })).toMatchObject({ exitCode: 0, events: 0 })
    const { problems, sources } = LedgerDocument.parse(await read(join(work.outputsDir, 'ledger.json')))
    const messages = [...(problems ?? []), ...(sources[0]!.problems ?? [])].map(({ message }) => message)
    expect(messages).toEqual([
      `links and special files are not read: "outputs/labels"; "outputs/exp/labels/${stem}_1.txt"; "outputs/exp/labels/${stem}_2.txt"`,
      'lines that cannot be read are left out: "outputs/detections.jsonl", line 1, is longer than 1048576 bytes',
      'label files that match no input video: "outputs/exp/labels/a\\u001b[2J_*.txt"',
      `a label file is longer than 262144 bytes, and is not read: "${stem}_3.txt"`,
    ])
    // eslint-disable-next-line no-control-regex
    expect(told(work)).not.toMatch(/\u001b/)
  })

  it('are made without running the container again when the node or the program died meanwhile', async () => {
    const prepared = await tempDir()
    await leaveLabels(prepared)
    const work = await videoWork(`${leave}; echo ran`, { prepared })
    const killed = engine.run(work, { signal: never }).catch((error: unknown) => error)
    const program = await eventually(async () =>
      (await runningProcesses('inference/program/main')).find(({ parent }) => parent === process.pid),
    )
    process.kill(program.pid, 'SIGKILL')
    expect(await killed).toMatchObject({ code: 'engine_crashed' })
    const later = testDockerEngine(address ?? '', { afterwards })
    expect(await later.run(work, { signal: never })).toMatchObject({ exitCode: 0, events: 6, clips: 6 })
    expect(work.lines.filter(({ text }) => text === 'ran')).toHaveLength(1)
    expect(await docker(address ?? '', 'ps', '-aq', '--filter', `name=${work.executionId}`)).toBe('')
  })

  it('are broken off when the work is cancelled', async () => {
    const prepared = await tempDir()
    await leaveLabels(prepared)
    const work = await videoWork(leave, { prepared })
    const aborter = new AbortController()
    const ended = engine.run(work, { signal: aborter.signal }).catch((error: unknown) => error)
    const program = await eventually(async () =>
      (await runningProcesses('inference/program/main')).find(({ parent }) => parent === process.pid),
    )
    const reason = new Error('enough')
    aborter.abort(reason)
    expect(await ended).toBe(reason)
    const left = await runningProcesses('inference/program/main')
    expect(left.map(({ pid }) => pid)).not.toContain(program.pid)
  })
})
