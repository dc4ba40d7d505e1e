import type { Argv } from 'yargs'
import { z } from 'zod'
import { parseBytes, parseCores } from '../../domain/foreign-specs/units.ts'
import { EdgeError, type JobSpecInput } from '../../domain/index.ts'
import type { Args } from '../command.ts'
import { parseOptions } from '../parse-options.ts'
import { parsePairs } from '../parse-pairs.ts'

/** Flags of a container: what it may use and see, and what becomes of what it leaves. */
export const containerOptions = (yargs: Argv): Argv =>
  withResources(yargs)
    .option('output', {
      ...many,
      alias: 'o',
      describe: 'name:path, a folder of the container and its name in the result (outputs:/outputs)',
    })
    .option('env', {
      ...many,
      alias: 'e',
      describe: 'NAME=value, or NAME alone for its value here, repeatable',
    })
    .option('workdir', { alias: 'w', type: 'string', describe: 'working directory in the container' })
    .option('entrypoint', {
      ...many,
      describe: 'program in place of the image’s entrypoint; repeated: its first arguments',
    })
    .option('network', {
      choices: ['none', 'http', 'full'] as const,
      coerce: (value: unknown) => (typeof value === 'string' ? value.toLowerCase() : value),
      describe: 'http: only the hosts that --domain names (none)',
    })
    .option('domain', { ...many, describe: 'with --network=http: host, or *.example.org, repeatable' })
    .option('publisher', { alias: 'p', type: 'string', describe: 'where results go: local (local)' })
    .option('publish', {
      choices: ['events', 'all'] as const,
      describe: 'only event clips, or all that the container left (events where there is a policy)',
    })

const many = { type: 'string', array: true, nargs: 1 } as const

const withResources = (yargs: Argv): Argv =>
  yargs
    .option('cpu', { type: 'string', describe: 'cores: 2, 0.5, or 500m for thousandths (1)' })
    .option('memory', {
      type: 'string',
      describe: '8Gi, 512Mi (powers of 1024) or 8G, 512Mb (of 1000) (512Mi)',
    })
    .option('disk', { type: 'string', describe: 'of outputs and scratch, as --memory (the node’s limit)' })
    .option('gpu', { type: 'number', describe: 'accelerators, whole ones (0)' })
    .option('device', {
      ...many,
      describe: 'class of devices that nodes offer, such as coral, repeatable',
    })

const Options = z.looseObject({
  output: z.array(z.string()).default([]),
  env: z.array(z.string()).default([]),
  workdir: z.string().optional(),
  entrypoint: z.array(z.string()).optional(),
  network: z.enum(['none', 'http', 'full']).optional(),
  domain: z.array(z.string()).default([]),
  publisher: z.string().optional(),
  publish: z.enum(['events', 'all']).optional(),
  cpu: z.string().optional(),
  memory: z.string().optional(),
  disk: z.string().optional(),
  gpu: z.int().optional(),
  device: z.array(z.string()).default([]),
})

export interface ContainerOptions {
  readonly engine: { readonly entrypoint?: string[]; readonly workingDirectory?: string }
  readonly job: Pick<JobSpecInput, 'outputs' | 'env' | 'network' | 'publish' | 'resources'>
}

/** What those flags say. `environment` is the client’s, for `--env NAME`. Throws `usage` that names the flag. */
export function containerOf(args: Args, environment: NodeJS.ProcessEnv): ContainerOptions {
  const options = parseOptions(Options, args)
  const { workdir, entrypoint, publisher, publish } = options
  if (publisher !== undefined && publisher !== 'local')
    throw new EdgeError('usage', `--publisher ${publisher} is not known; known is local`, {
      hint: 'Results stay content-addressed on the requester; edge get fetches them by CID. Leave --publisher out.',
    })
  if (entrypoint?.[0] === '')
    throw new EdgeError('usage', '--entrypoint is empty; name a program of the image')
  return {
    engine: {
      ...(entrypoint === undefined ? {} : { entrypoint }),
      ...(workdir === undefined ? {} : { workingDirectory: workdir }),
    },
    job: {
      ...outputsOf(options.output),
      ...(options.env.length === 0 ? {} : { env: environmentOf(options.env, environment) }),
      ...networkOf(options),
      ...resourcesOf(options),
      ...(publish === undefined ? {} : { publish }),
    },
  }
}

type Options = z.infer<typeof Options>

/** As in Bacalhau, `outputs:/outputs` is there too unless its name or path is given to another. */
function outputsOf(texts: readonly string[]): Pick<JobSpecInput, 'outputs'> {
  if (texts.length === 0) return {}
  const outputs = texts.map((text) => {
    const [, name, path] = /^([^:/]+):(\/.*)$/.exec(text) ?? []
    if (name === undefined || path === undefined)
      throw new EdgeError('usage', `--output ${JSON.stringify(text)} is not name:/path`, {
        hint: 'The name of the folder in the result and the folder in the container, e.g. found:/outputs.',
      })
    return { name, path }
  })
  const isTaken = outputs.some(({ name, path }) => name === 'outputs' || `${path}/`.startsWith('/outputs/'))
  return { outputs: isTaken ? outputs : [...outputs, { name: 'outputs', path: '/outputs' }] }
}

function environmentOf(texts: readonly string[], environment: NodeJS.ProcessEnv): Record<string, string> {
  const pairs = texts.map((text) => {
    if (text.includes('=')) return text
    const value = environment[text]
    if (value === undefined)
      throw new EdgeError('usage', `--env ${text}: ${text} is not set here, so there is no value to send`, {
        hint: 'Write --env NAME=value, or export it first.',
      })
    return `${text}=${value}`
  })
  const env = parsePairs('--env', pairs)
  if (Object.keys(env).length < pairs.length) {
    const names = pairs.map((pair) => pair.slice(0, pair.indexOf('=')))
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    throw new EdgeError('usage', `--env ${String(twice)} is given more than once`)
  }
  return env
}

function networkOf({ network, domain }: Options): Pick<JobSpecInput, 'network'> {
  if (network === 'http' && domain.length === 0)
    throw new EdgeError('usage', '--network=http needs --domain: the hosts that may be reached')
  if (network !== 'http' && domain.length > 0)
    throw new EdgeError('usage', `--domain belongs to --network=http, this is ${network ?? 'none'}`)
  if (network === undefined) return {}
  return { network: { mode: network, ...(domain.length === 0 ? {} : { domains: domain }) } }
}

function resourcesOf({ cpu, memory, disk, gpu, device }: Options): Pick<JobSpecInput, 'resources'> {
  const resources = {
    ...(cpu === undefined ? {} : { cpu: amountOf('--cpu', cpu, parseCores, 'cores: 2, 0.5, 500m') }),
    ...(memory === undefined ? {} : { memoryBytes: amountOf('--memory', memory, bytesOf, sizes) }),
    ...(disk === undefined ? {} : { diskBytes: amountOf('--disk', disk, bytesOf, sizes) }),
    ...(gpu === undefined ? {} : { gpu }),
    ...(device.length === 0 ? {} : { devices: device }),
  }
  return Object.keys(resources).length === 0 ? {} : { resources }
}

const sizes = 'a size: 8Gi, 512Mi, 8G, 512Mb or bytes'
const bytesOf = (text: string): number | undefined => parseBytes(text, 1000)

function amountOf(
  flag: string,
  text: string,
  parse: (text: string) => number | undefined,
  wanted: string,
): number {
  const amount = parse(text)
  if (amount === undefined) throw new EdgeError('usage', `${flag} ${JSON.stringify(text)} is not ${wanted}`)
  return amount
}
