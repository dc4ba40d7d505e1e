import { describe, expect, it } from 'vitest'
import yargs from 'yargs'
import { dockerRun } from '../../../src/cli/commands/docker-run.ts'
import { wordsKey } from '../../../src/cli/container-words.ts'
import { splitWords } from '../../../src/cli/split-words.ts'
import { commandTable } from '../../../src/cli/table.ts'
import type { JobSpecInput } from '../../../src/domain/index.ts'

interface Printed {
  readonly spec: JobSpecInput
  readonly notes: readonly string[]
}

/** `edge docker run --dry-run WORDS`, as main.ts calls it, in this process. */
async function dryRun(...given: readonly string[]): Promise<Printed> {
  const { words, passedOn } = await splitWords(['docker', 'run', '--dry-run', ...given], commandTable)
  let args: Readonly<Record<string, unknown>> = {}
  await yargs([...words])
    .command('docker', '', (group) =>
      group.command(
        'run <image>',
        '',
        (inner) => dockerRun.build(inner),
        (parsed) => void (args = parsed),
      ),
    )
    .strict()
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      throw error ?? new Error(message ?? '')
    })
    .parseAsync()
  const printed: unknown[] = []
  const notes: string[] = []
  const terminal = {
    isInteractive: false,
    columns: 100,
    signal: new AbortController().signal,
    print: (line: string) => void printed.push(line),
    printJson: (value: unknown) => void printed.push(value),
    note: (line: string) => void notes.push(line),
  }
  expect(await dockerRun.run({ ...args, [wordsKey]: passedOn }, terminal)).toBe(0)
  return { spec: printed[0] as JobSpecInput, notes }
}

const refused = (...words: readonly string[]): Promise<{ message: string; code?: string }> =>
  dryRun(...words).then(
    () => ({ message: 'not refused' }),
    (error: unknown) => error as Error,
  )

describe('edge docker run', () => {
  it('makes a batch job of an image alone', async () => {
    expect((await dryRun('busybox')).spec).toEqual({
      apiVersion: 'edge/v1',
      type: 'batch',
      labels: {},
      inputs: [],
      engine: { type: 'docker', image: 'busybox' },
    })
  })

  it('makes of the guide’s command an ops job on every node', async () => {
    const { spec } = await dryRun(
      ...[
        '--target=all',
        '--input',
        'file:///video_dir:/videos',
        'docker.io/bacalhauproject/yolov5-7.0:v1.0',
      ],
    )
    expect(spec).toMatchObject({
      type: 'ops',
      engine: { image: 'docker.io/bacalhauproject/yolov5-7.0:v1.0' },
      inputs: [{ source: { type: 'localDirectory', path: '/video_dir' }, target: '/videos' }],
    })
  })

  it('puts every flag where it belongs', async () => {
    process.env['EDGE_TEST_WORD'] = 'from here'
    const { spec } = await dryRun(
      ...['--count', '3', '-i', 'src=file:///v,dst=/videos', '-o', 'found:/outputs', '-e', 'A=1=2'],
      ...['-e', 'EDGE_TEST_WORD', '-w', '/work', '--entrypoint', 'sh', '--entrypoint=-c', '--cpu', '500m'],
      ...['--memory', '8Gi', '--disk', '512Mb', '--gpu', '1', '--device', 'coral', '--network', 'HTTP'],
      ...['--domain', '*.example.org', '--timeout', '1h30m', '-l', 'camera=gate', '-s', 'site=north'],
      ...['-p', 'local', '--publish', 'events', '--classes', 'car,dog', '--min-score', '0.5', '--name', 'n'],
      ...['--redact', 'person', '--priority', '7', 'img', 'exit 3'],
    )
    expect(spec).toEqual({
      apiVersion: 'edge/v1',
      type: 'batch',
      count: 3,
      name: 'n',
      selector: 'site=north',
      priority: 7,
      labels: { camera: 'gate' },
      inputs: [{ source: { type: 'localDirectory', path: '/v', readWrite: false }, target: '/videos' }],
      outputs: [{ name: 'found', path: '/outputs' }],
      env: { A: '1=2', EDGE_TEST_WORD: 'from here' },
      network: { mode: 'http', domains: ['*.example.org'] },
      publish: 'events',
      resources: { cpu: 0.5, memoryBytes: 8 * 2 ** 30, diskBytes: 512e6, gpu: 1, devices: ['coral'] },
      timeouts: { executionSeconds: 5400 },
      engine: {
        type: 'docker',
        image: 'img',
        entrypoint: ['sh', '-c'],
        command: ['exit 3'],
        workingDirectory: '/work',
        policy: { classes: ['car', 'dog'], minScore: 0.5 },
        clips: { redact: { classes: ['person'], zones: [], heads: false } },
      },
    })
  })

  it('keeps outputs:/outputs beside other outputs', async () => {
    expect((await dryRun('-o', 'more:/more', 'img')).spec.outputs).toEqual([
      { name: 'more', path: '/more' },
      { name: 'outputs', path: '/outputs' },
    ])
  })
})

describe('words after the image', () => {
  const commandOf = async (...words: readonly string[]): Promise<unknown> =>
    (await dryRun(...words)).spec.engine

  it.each([
    [
      ['img', 'sh', '-c', 'ls -l --follow'],
      ['sh', '-c', 'ls -l --follow'],
    ],
    [
      ['--no-wait', 'img', '--target=all', '-i', '--', 'x'],
      ['--target=all', '-i', '--', 'x'],
    ],
    [['img', '--', '--env=A=1'], ['--env=A=1']],
    [
      ['--', 'img', 'echo', '5', '007', 'true', ''],
      ['echo', '5', '007', 'true', ''],
    ],
    [['img', '–target=all'], ['–target=all']],
    [
      ['img', 'echo', '--env=A=1'],
      ['echo', '--env=A=1'],
    ],
    [['img', '--envelope=A=1'], ['--envelope=A=1']],
  ])('%j give the container %j', async (words, command) => {
    expect(await commandOf(...words)).toMatchObject({ image: 'img', command })
  })

  it('that are --env=NAME=value, as in Bacalhau’s guides, are read as flags with a note', async () => {
    const { spec, notes } = await dryRun('-e', 'B=2', 'img', '--env=WEIGHTS_PATH=/model/x.pt', 'detect')
    expect(spec.env).toEqual({ B: '2', WEIGHTS_PATH: '/model/x.pt' })
    expect(spec.engine).toMatchObject({ command: ['detect'] })
    expect(notes).toEqual([expect.stringMatching(/^--env after the image .*WEIGHTS_PATH/)])
  })
})

describe('dashes of a word processor', () => {
  it('before flags are read as two hyphens', async () => {
    const { spec } = await dryRun('–target=all', '—input', 'file:///v:/v', 'img')
    expect(spec).toMatchObject({ type: 'ops', inputs: [{ target: '/v' }] })
  })
})

describe('contradictions are refused by name', () => {
  it.each([
    [['--target=all', '--count=2'], '--count'],
    [['--network=http'], '--domain'],
    [['--domain=a.org'], '--network=http'],
    [['--network=full', '--domain=a.org'], '--domain'],
    [['--publish=events'], '--publish=events'],
    [['--redact=person'], '--redact'],
    [['--publish=all', '--classes=car', '--timeline'], '--timeline'],
    [['--publisher=s3://bucket'], '--publisher s3://bucket'],
    [['--follow'], '--follow contradicts --dry-run'],
    [['--id-only'], '--id-only contradicts --dry-run'],
    [['--no-wait', '--download'], '--download contradicts --no-wait'],
    [['--id-only', '--wait-timeout=3'], '--wait-timeout contradicts --id-only'],
    [['--raw'], '--raw belongs to --download'],
    [['--output-dir=x'], '--output-dir belongs to --download'],
    [['-o', 'a:/x', '-o', 'b:/x'], 'overlaps'],
    [['-o', 'a:/x', '-o', 'a:/y'], 'another output'],
    [['-i', 'file:///v:/outputs'], 'overlaps'],
    [['-o', 'outputs'], '--output "outputs"'],
    [['-e', 'NOT_SET_ANYWHERE'], '--env NOT_SET_ANYWHERE'],
    [['-e', 'A=1', '-e', 'A=2'], '--env A'],
    [['-e', '=1'], '--env'],
    [['--cpu=two'], '--cpu "two"'],
    [['--memory=8Qi'], '--memory "8Qi"'],
    [['--disk=-1'], '--disk "-1"'],
    [['--gpu=half'], '--gpu'],
    [['--cpu=1', '--cpu=2'], '--cpu is given more than once'],
    [['--name=a', '--name=b'], '--name is given more than once'],
    [['--timeout=soon'], '--timeout "soon"'],
    [['--count=0'], 'count'],
    [['--entrypoint='], '--entrypoint'],
    [['--network=bridge'], 'network'],
    [['--nonsense'], 'nonsense'],
    [['-w', 'work'], 'workingDirectory'],
    [['-s', '=,='], 'selector'],
  ])('%j', async (flags, message) => {
    expect((await refused(...flags, 'img')).message).toContain(message)
  })

  it('and so is a command line without an image, or with none that can be', async () => {
    expect((await refused('--target=all')).message).toMatch(/non-option|image/)
    expect((await refused('No Image')).message).toContain('image')
  })
})
