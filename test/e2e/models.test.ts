import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { EventsDocument } from '../../src/domain/index.ts'
import { runEdge, type Ran } from '../support/cluster.ts'
import { samplePath } from '../support/sample.ts'
import { p6 } from '../support/small-yolo.ts'
import { tempDir } from '../support/temp-dir.ts'
import { checkpointBytes } from '../support/torch-model.ts'

/** A person’s machine: a home with nothing in it, and a mirror of official models. */
class Machine {
  readonly home: string
  readonly #mirror = resolve(samplePath('models/yolov5n.pt'), '..', '..')

  constructor(home: string) {
    this.home = home
  }

  edge(...args: readonly string[]): Promise<Ran> {
    const env = { HOME: this.home, EDGE_ASSETS_MIRROR: this.#mirror }
    return runEdge(args, { env, cwd: this.home })
  }

  async json<T>(...args: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await this.edge(...args, '--json')
    if (code !== 0) throw new Error(stderr)
    return JSON.parse(stdout) as T
  }
}

interface Listed {
  readonly name: string
  readonly state: string
}

async function machine(): Promise<Machine> {
  return new Machine(await tempDir())
}

describe('edge model', { timeout: 240_000 }, () => {
  it('pulls an official model with its licence, tells what it is, and removes it again', async () => {
    const person = await machine()
    const stateOf = async (name: string): Promise<string | undefined> =>
      (await person.json<Listed[]>('model', 'list')).find((model) => model.name === name)?.state
    expect(await stateOf('yolov5n')).toBe('mirror')
    expect(await stateOf('yolov5x6')).toBe('not pinned')
    const refused = await person.edge('model', 'rm', 'yolov5n')
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('was not pulled') as string })

    const pulled = await person.edge('model', 'pull', 'yolov5n')
    expect(pulled.stdout).toContain('AGPL-3.0 (https://www.gnu.org/licenses/agpl-3.0.html)')
    expect(await readdir(join(person.home, '.edge/assets/models'))).toEqual(['yolov5n.pt'])
    expect(await stateOf('yolov5n')).toBe('pulled')
    expect((await person.edge('model', 'pull', 'yolov5n')).stdout).toContain('is here already')

    expect(await person.json('model', 'inspect', 'yolov5n')).toMatchObject({
      kind: 'checkpoint',
      sha256: '4f180cf23ba0717ada0badd6c685026d73d48f184d00fc159c2641284b2ac0a3',
      licence: 'AGPL-3.0',
      parameters: 1_872_157,
      stride: 32,
      inputShape: { width: 640, height: 384, pixelFormat: 'yuv420p' },
      anchors: [
        {
          stride: 8,
          sizes: [
            [10, 13],
            [16, 30],
            [33, 23],
          ],
        },
        {
          stride: 16,
          sizes: [
            [30, 61],
            [62, 45],
            [59, 119],
          ],
        },
        {
          stride: 32,
          sizes: [
            [116, 90],
            [156, 198],
            [373, 326],
          ],
        },
      ],
    })
    expect((await person.edge('model', 'rm', 'yolov5n')).code).toBe(0)
    expect(await stateOf('yolov5n')).toBe('mirror')
  })

  it('downloads nothing that is not pinned, and says what to do instead', async () => {
    const person = await machine()
    const pull = await person.edge('model', 'pull', 'yolov5x')
    expect(pull).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('edge model import yolov5x.pt') as string,
    })
    const detect = await person.edge('detect', samplePath('horses.mp4'), '--model', 'yolov5x')
    expect(detect).toMatchObject({ code: 1, stderr: expect.stringContaining('/v7.0/yolov5x.pt') as string })
    expect(await person.edge('model', 'pull', 'helmets')).toMatchObject({ code: 3 })
  })

  it('imports a checkpoint of one’s own, whose name then works like any other', async () => {
    const person = await machine()
    await copyFile(samplePath('models/yolov5n.pt'), join(person.home, 'best.pt'))
    const imported = await person.json<{ path: string }>('model', 'import', 'best.pt', '--name', 'paddock')
    expect(imported).toMatchObject({ name: 'paddock', kind: 'checkpoint', stride: 32 })
    expect(imported.path).toContain(join('.edge', 'models', 'paddock.4f180cf23ba0717a.pt'))
    expect(await person.edge('model', 'import', 'best.pt', '--name', 'paddock')).toMatchObject({ code: 2 })
    expect(await person.edge('model', 'import', 'best.pt', '--name', 'paddock', '--force')).toMatchObject({
      code: 0,
    })

    const video = samplePath('horses.mp4')
    const found = await person.json<EventsDocument>('detect', video, '--model', 'paddock', '--imgsz', '320')
    expect(found.model).toMatchObject({ name: 'paddock' })
    expect(found.events.flatMap(({ classes }) => classes)).toContain('horse')
    expect(await person.edge('events', video, '--model', 'paddock', '--imgsz', '650')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('not a multiple of the model’s stride, 32') as string,
    })

    const labelled = ['detect', '--source', video, '--nosave', '--vid-stride', '40', '--model', 'paddock']
    for (const size of [
      ['--imgsz', '320'],
      ['--imgsz', '192', '--imgsz', '320'],
    ])
      expect(await person.edge(...labelled, ...size)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/ 3 +\d+ +\d+ horse/) as string,
      })
    expect(await person.edge(...labelled, '--imgsz', '320', '--imgsz', '320')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the model takes 192 x 320') as string,
    })
    const spec = [
      'onnx',
      'run',
      '-i',
      'file:///videos:/videos',
      '--model',
      'paddock',
      '--imgsz',
      '320',
      '--dry-run',
    ]
    expect(JSON.parse((await person.edge(...spec)).stdout)).toMatchObject({
      engine: { model: 'paddock', imageSize: 320 },
    })

    expect(await person.edge('model', 'rm', 'paddock')).toMatchObject({ code: 0 })
    expect(await readdir(join(person.home, '.edge/models'))).toEqual([])
    expect(await person.edge('model', 'rm', 'paddock')).toMatchObject({ code: 3 })
    expect((await readFile(join(person.home, 'best.pt'))).length).toBe(4_062_133)
  })

  it('imports a P6 checkpoint under the name of the release it is said to be', async () => {
    const person = await machine()
    await writeFile(join(person.home, 'yolov5n6.pt'), checkpointBytes(p6(2)))
    expect(await person.edge('model', 'import', 'yolov5n6.pt')).toMatchObject({ code: 0 })
    expect(await person.json('model', 'inspect', 'yolov5n6')).toMatchObject({
      licence: null,
      stride: 64,
      inputShape: { width: 1280, height: 768 },
      classes: ['class-0', 'class-1'],
    })
    const listed = await person.json<Listed[]>('model', 'list')
    expect(listed.filter(({ name }) => name === 'yolov5n6')).toMatchObject([{ state: 'imported' }])
  })

  it('takes the official file in the place of its download, and no other file under its name', async () => {
    const person = await machine()
    const official = samplePath('models/yolov5n.pt')
    expect(await person.json('model', 'import', official)).toMatchObject({
      path: join(person.home, '.edge/assets/models/yolov5n.pt'),
    })
    const other = samplePath('models/ppe-yolov5n.pt')
    expect(await person.edge('model', 'import', other, '--name', 'yolov5s', '--force')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is another file') as string,
    })
  })

  it('keeps nothing of a file that cannot be run, nor under a name that cannot be', async () => {
    const person = await machine()
    await mkdir(join(person.home, '.edge'), { mode: 0o700 })
    const tries = [
      ['models/v5lite-s.pt', 'lite', 1, 'YOLOv5-Lite'],
      ['models/CORRUPT-truncated-svg-yolov5n.pt', 'cut', 1, 'cut off'],
      ['models/ppe-yolov5n.pt', '../ppe', 2, 'cannot be called'],
    ] as const
    for (const [sample, name, code, message] of tries)
      expect(await person.edge('model', 'import', samplePath(sample), '--name', name)).toMatchObject({
        code,
        stderr: expect.stringContaining(message) as string,
      })
    expect(await readdir(join(person.home, '.edge'))).toEqual([])
  })
})
