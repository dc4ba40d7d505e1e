import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Cluster, runEdge } from '../support/cluster.ts'
import { sharedDocker } from '../support/docker-engine.ts'
import { testImage } from '../support/dockerd.ts'
import { samplePath } from '../support/sample.ts'
import { tempDir } from '../support/temp-dir.ts'

const example = (name: string): string => join(import.meta.dirname, '..', '..', 'examples', name)

const v1beta2 = `Job:
  APIVersion: V1beta2
  Spec: { EngineSpec: { Type: noop }, Annotations: [night], Deal: { TargetingMode: true }, DoNotTrack: true }
`
const tasks = `{ "Name": "later", "Type": "batch", "Count": 1, "Tasks": [{ "Name": "main", "Engine": { "Type": "noop" } }] }`

describe('job specs of every form', () => {
  it('become jobs of one requester, compared and run again', { timeout: 180_000 }, async () => {
    const cluster = await Cluster.create()
    const footage = join(cluster.place, 'footage')
    await mkdir(footage)
    await copyFile(samplePath('videos/horses.mp4'), join(footage, 'horses.mp4'))
    await cluster.startRequester()
    await cluster.startCompute('north', [`--allow-listed-local-paths=${footage}`])
    await cluster.untilConnected(1)
    const idOf = (stdout: string): string => /[0-9a-f-]{36}/.exec(stdout)?.[0] ?? ''
    const write = async (name: string, text: string): Promise<string> => {
      await writeFile(join(cluster.place, name), text)
      return name
    }

    const old = await cluster.run(['create'], { input: v1beta2 })
    expect(old).toMatchObject({ code: 0, stdout: expect.stringContaining('Job submitted') as unknown })
    expect(old.stderr).toContain('note: Job.Spec.DoNotTrack: edge reports to nobody')
    expect((await cluster.client.job(idOf(old.stdout))).spec).toMatchObject({
      type: 'ops',
      labels: { night: '' },
    })

    const later = await cluster.run(['job', 'run', await write('later.json', tasks)])
    expect(later).toMatchObject({ code: 0 })
    expect((await cluster.client.job(idOf(later.stdout))).spec).toMatchObject({
      name: 'later',
      type: 'batch',
    })

    const onnx = await write(
      'onnx.yaml',
      `apiVersion: edge/v1
name: "{{.name}}"
type: ops
engine: { type: onnx, policy: { classes: [horse] } }
inputs: [{ source: { type: localDirectory, path: "{{.FOOTAGE}}" }, target: /videos }]
`,
    )
    const undefinedNames = await cluster.run(['create', onnx])
    expect(undefinedNames).toMatchObject({ code: 2 })
    expect(undefinedNames.stderr).toMatch(
      /line 2: \{\{\.name\}\} has no value.*\n.*line 5: \{\{\.FOOTAGE\}\}/,
    )
    const own = await cluster.run(['create', onnx, '-V', 'name=horses', '-V', `FOOTAGE=${footage}`])
    expect(own).toMatchObject({ code: 0 })
    expect((await cluster.client.job(idOf(own.stdout))).spec).toMatchObject({ name: 'horses' })

    const again = await cluster.run(['job', 'rerun', idOf(later.stdout), '--idempotency-key', 'k1'])
    const same = await cluster.run(['job', 'rerun', idOf(later.stdout), '--idempotency-key', 'k1'])
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Job submitted') as unknown })
    expect(same).toMatchObject({ code: 0, stdout: expect.stringContaining('Submitted before') as unknown })
    expect(idOf(same.stdout)).toBe(idOf(again.stdout))
    expect(idOf(again.stdout)).not.toBe(idOf(later.stdout))
    const other = await cluster.run(['create', '--idempotency-key', 'k1'], { input: v1beta2 })
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('idempotency') as unknown })

    expect(await cluster.run(['job', 'diff', idOf(again.stdout), idOf(later.stdout)])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    })
    const differs = await cluster.run(['job', 'diff', 'later.json', idOf(old.stdout).slice(0, 8)])
    expect(differs).toMatchObject({
      code: 1,
      stdout: '+ labels.night: ""\n- name: "later"\n- type: "batch"\n+ type: "ops"\n',
    })
    expect(await cluster.run(['job', 'diff', 'later.json', '00000000'])).toMatchObject({ code: 3 })
    expect(await cluster.run(['job', 'diff', 'later.json', 'nowhere.yaml'])).toMatchObject({ code: 3 })
  })
})

const docker = await sharedDocker()

describe.skipIf(docker === undefined)('a container of a foreign spec', () => {
  it('runs with its input, its variables and what only its node knows', { timeout: 180_000 }, async () => {
    const cluster = await Cluster.create()
    const footage = join(cluster.place, 'footage')
    await mkdir(footage)
    await writeFile(join(footage, 'gate.txt'), 'twelve bytes')
    await cluster.startRequester()
    const env = { DOCKER_HOST: docker ?? '' }
    const flags = ['--node-type=compute', '--port=0', '--swarm-port=0', `--peer=${cluster.peer}`]
    await cluster.start('north', [...flags, `--allow-listed-local-paths=${footage}`], { env })
    await cluster.untilConnected(1)
    const script =
      'cat /videos/gate.txt > /outputs/copy; echo "$WHERE $1 $BACALHAU_JOB_TYPE $EDGE_NODE_NAME $EDGE_PARTITION_COUNT"'
    const job = {
      Type: 'ops',
      Tasks: [
        {
          Engine: {
            Type: 'docker',
            Params: {
              Image: testImage,
              Entrypoint: ['/bin/sh', '-c'],
              Parameters: [script, 'sh', '{{.NodeName}}'],
            },
          },
          Env: { WHERE: 'at {{.NodeName}}' },
          InputSources: [
            { Source: { Type: 'localDirectory', Params: { SourcePath: footage } }, Target: '/videos' },
          ],
          ResultPaths: [{ Name: 'outputs', Path: '/outputs' }],
          Resources: { CPU: '500m', Memory: '64Mi' },
          Network: { Type: 'None' },
        },
      ],
    }
    const ran = await cluster.run(['create', '--download'], { input: JSON.stringify(job) })
    expect(ran).toMatchObject({ code: 0 })
    const id = /[0-9a-f-]{36}/.exec(ran.stdout)?.[0] ?? ''
    const folder = join(cluster.place, `job-${id.slice(0, 8)}`)
    const [result = ''] = (await readdir(folder)).filter((name) => name.startsWith('north-'))
    expect(await readFile(join(folder, result, 'stdout'), 'utf8')).toBe('at north north ops north 1\n')
    expect(await readFile(join(folder, result, 'outputs', 'copy'), 'utf8')).toBe('twelve bytes')
  })
})

describe('job specs on the command line', () => {
  it.each(['bacalhau-v1beta2.yaml', 'bacalhau-v1.9.yaml', 'docker-yolov5.yaml'])(
    'examples/%s is valid, and is shown as edge/v1 that is valid too',
    async (name) => {
      const cwd = await tempDir()
      expect(await runEdge(['validate', example(name)], { cwd })).toMatchObject({ code: 0 })
      const shown = await runEdge(['create', '--dry-run', example(name)], { cwd })
      expect(shown).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^apiVersion: edge\/v1\n/) as unknown,
      })
      const checked = await runEdge(['job', 'validate'], { cwd, input: shown.stdout })
      expect(checked).toMatchObject({ code: 0, stdout: 'The job spec is valid.\n', stderr: '' })
    },
  )

  it('says in one sentence what is wrong with the guide’s job.yaml', async () => {
    const page = await readFile(example('bacalhau-v1beta2.yaml'), 'utf8')
    const glued = page
      .replace(/\n +WorkingDirectory: ''/, '')
      .replace(/(Image: \S+)/, '$1 WorkingDirectory: ""')
    const ran = await runEdge(['create'], { input: glued })
    expect(ran).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^edge: line 8: WorkingDirectory stands on the line of Image; .*\n/,
      ) as unknown,
    })
  })

  it('lists every problem of a foreign spec', async () => {
    const spec = {
      Spec: { Engine: 'wasm', Publisher: 's3', Inputs: [{ StorageSource: 'ipfs', Path: '/a' }] },
    }
    const ran = await runEdge(['validate'], { input: JSON.stringify(spec) })
    expect(ran.code).toBe(2)
    expect(ran.stdout).toMatch(
      /^The job spec \(bacalhau\/v1beta2\) has 3 problems:\n {2}Spec\.Engine: .*\n {2}Spec\.Publisher: .*\n {2}Spec\.Inputs\.0\.StorageSource: .*\n$/,
    )
  })

  it('takes variables of the environment that are named, and leaves braces when told to', async () => {
    const input = 'apiVersion: edge/v1\nengine: { type: noop }\nname: "{{.EDGE_SITE}}"\n'
    const env = { EDGE_SITE: 'north' }
    const named = await runEdge(['create', '--dry-run', '-E', '^EDGE_SITE$'], { input, env })
    expect(named).toMatchObject({ code: 0, stdout: expect.stringContaining('name: north') as unknown })
    const left = await runEdge(['create', '--dry-run', '--no-template'], { input, env })
    expect(left).toMatchObject({ code: 0, stdout: expect.stringContaining('{{.EDGE_SITE}}') as unknown })
    for (const args of [
      ['-E', '('],
      ['-V', 'JobID=1'],
      ['-V', 'x'],
    ])
      expect(await runEdge(['create', '--dry-run', ...args], { input, env })).toMatchObject({ code: 2 })
  })

  it('prints the JSON schema that the docs hold', async () => {
    const { code, stdout } = await runEdge(['schema'])
    expect(code).toBe(0)
    expect(stdout).toBe(
      await readFile(join(import.meta.dirname, '..', '..', 'docs', 'job-spec.schema.json'), 'utf8'),
    )
  })
})
