import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import yargs from 'yargs'
import { detect } from '../../../src/cli/commands/detect.ts'
import { serve } from '../../../src/cli/commands/serve.ts'
import { loadSettings, settingsTable, type LoadedSettings } from '../../../src/config/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

const repository = join(import.meta.dirname, '../../..')
const read = (path: string): Promise<string> => readFile(join(repository, path), 'utf8')
const variables = Object.values(settingsTable).map(({ env }) => env)

/** The settings that `edge WORDS` would start a node with; throws for a flag or value that is not known. */
async function settingsOf(
  [verb, ...words]: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<LoadedSettings> {
  expect(verb).toBe('serve')
  const args = await serve
    .build(yargs(words))
    .option('data-dir', { type: 'string' })
    .strict()
    .exitProcess(false)
    .fail(false)
    .parseAsync()
  return loadSettings(args, env)
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
}

interface Service {
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly volumes: readonly string[]
  readonly healthcheck: { readonly test: readonly string[] }
  readonly init: boolean
}

describe('docker/compose.yaml', () => {
  it('starts a requester and two compute nodes with flags and variables that edge knows', async () => {
    const { services, volumes } = parse(await read('docker/compose.yaml'), { merge: true }) as Compose
    const types: unknown[] = []
    for (const [name, service] of Object.entries(services)) {
      for (const variable of Object.keys(service.environment)) expect(variables).toContain(variable)
      const { values } = await settingsOf(service.command, { EDGE_JOIN_TOKEN: 'a secret' })
      expect(values.name).toBe(name)
      types.push(values.nodeType)
      if (values.nodeType.includes('compute')) {
        expect(values.allowListedLocalPaths).toEqual(['/videos'])
        expect(values.peer).toEqual([`/dns4/requester/tcp/${settingsTable.swarmPort.fallback}`])
        expect(service.volumes.some((volume) => volume.endsWith(':/videos:ro'))).toBe(true)
      }
      expect(Object.keys(volumes)).toContain(service.volumes[0]?.split(':')[0])
      expect(service.healthcheck.test).toEqual(['CMD', 'edge', 'agent', 'alive'])
      expect(service.init).toBe(true)
    }
    expect(types).toEqual([['requester'], ['compute'], ['compute']])
  })
})

describe('docker/systemd', () => {
  const linesOf = (unit: string, key: string): readonly string[] =>
    [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value)

  it.each(['requester', 'compute'])(
    'starts the %s with flags that edge knows, and hardened',
    async (type) => {
      const unit = await read(`docker/systemd/edge-${type}.service`)
      const [program, ...words] = linesOf(unit, 'ExecStart')[0]?.split(' ') ?? []
      expect(program).toBe('/opt/edge/bin/edge')
      const { values } = await settingsOf(words, {})
      expect(values.nodeType).toEqual([type])
      expect(values.dataDir).toBe(`/var/lib/${String(linesOf(unit, 'StateDirectory')[0])}`)
      for (const [variable] of unit.matchAll(/\bEDGE_\w+/g)) expect(variables).toContain(variable)
      expect(unit).toMatch(/^NoNewPrivileges=yes$/m)
      expect(unit).toMatch(/^ProtectSystem=strict$/m)
      expect(unit).toMatch(/^Restart=always$/m)
    },
  )

  it('is what systemd understands', async (context) => {
    const run = promisify(execFile)
    if ((await run('systemd-analyze', ['--version']).catch(() => undefined)) === undefined) {
      process.stderr.write('left out: systemd-analyze is not installed\n')
      context.skip()
    }
    const place = await tempDir()
    const names = await readdir(join(repository, 'docker/systemd'))
    for (const name of names) {
      const unit = await read(`docker/systemd/${name}`)
      await writeFile(join(place, name), unit.replaceAll('/opt/edge/bin/edge', join(repository, 'bin/edge')))
    }
    const verified = await run('systemd-analyze', ['verify', ...names.map((name) => join(place, name))])
    expect(verified.stderr).toBe('')
  })
})

describe('docker/yolov5/detect.sh', () => {
  it('calls edge detect with flags that it has', async () => {
    const help = await detect.build(yargs([])).wrap(null).getHelp()
    const script = (await read('docker/yolov5/detect.sh')).replaceAll(/^\s*(#|export ).*$/gm, '')
    const flags = [...script.matchAll(/ (--[a-z][a-z-]+)/g)].map(([, flag = '']) => flag)
    expect(flags.length).toBeGreaterThan(8)
    for (const flag of flags) expect(help).toMatch(new RegExp(`${flag}\\b`))
  })
})
