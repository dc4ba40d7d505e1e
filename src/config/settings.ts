import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

const text = z.string().min(1).max(4096)
const port = z.coerce.number().int().min(0).max(65_535)
/** A list: one value, many values, or comma separated text (flags may be repeated). */
const list = z.preprocess(
  (value) =>
    ((Array.isArray(value) ? value : [value]) as unknown[])
      .flatMap((item) => (typeof item === 'string' ? item.split(',') : [item]))
      .map((item) => (typeof item === 'string' ? item.trim() : item))
      .filter((item) => item !== ''),
  z.array(text),
)
/** Labels: `{a: b}`, or `a=b,c=d`. */
const labels = z.preprocess(
  (value) => {
    const items = Array.isArray(value) ? value : typeof value === 'string' ? [value] : undefined
    if (items === undefined) return value
    const pairs = items.flatMap((item) => String(item).split(',')).filter((pair) => pair.trim() !== '')
    return Object.fromEntries(
      pairs.map((pair) => {
        const at = pair.indexOf('=')
        return at === -1 ? [pair.trim(), ''] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
      }),
    )
  },
  z.record(z.string().min(1).max(63), z.string().max(63)),
)
const flag = z.preprocess(
  (value) => (value === 'true' ? true : value === 'false' ? false : value),
  z.boolean(),
)

/** A program and its arguments, run without a shell: a list, `["a", "b c"]`, or words between spaces. */
const command = z.preprocess((value, context) => {
  if (typeof value !== 'string') return value
  if (!value.trimStart().startsWith('[')) return value.split(/\s+/).filter((word) => word !== '')
  try {
    return JSON.parse(value) as unknown
  } catch {
    context.addIssue({ code: 'custom', message: 'it begins with [ but is no JSON list' })
    return z.NEVER
  }
}, z.array(text).min(1).max(100))

interface Setting {
  readonly env: string
  readonly schema: z.ZodType
  readonly fallback: unknown
  readonly describe: string
}
const setting = <Schema extends z.ZodType, Fallback extends z.infer<Schema> | undefined>(
  env: string,
  schema: Schema,
  fallback: Fallback,
  describe: string,
) => ({ env, schema, fallback, describe }) as const

/** Every setting: its variable, its shape, its default, what it is. Flags have the same names in kebab-case. */
export const settingsTable = {
  dataDir: setting(
    'EDGE_DATA_DIR',
    text,
    join(homedir(), '.edge'),
    'directory of everything this node keeps',
  ),
  nodeType: setting(
    'EDGE_NODE_TYPE',
    list.pipe(z.array(z.enum(['requester', 'compute'])).min(1)),
    ['requester' as const],
    'requester, compute or both, comma separated',
  ),
  name: setting(
    'EDGE_NODE_NAME',
    z
      .string()
      .min(1)
      .max(63)
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, . _ -'),
    undefined,
    'name of this node; default: the host name',
  ),
  labels: setting('EDGE_NODE_LABELS', labels, {}, 'labels of this node, e.g. site=north,camera=gate'),
  host: setting(
    'EDGE_HOST',
    text,
    '127.0.0.1',
    'address the API listens on; anything but loopback needs a token',
  ),
  port: setting('EDGE_PORT', port, 1234, 'port the API listens on'),
  swarmHost: setting('EDGE_SWARM_HOST', text, '0.0.0.0', 'address libp2p listens on'),
  swarmPort: setting('EDGE_SWARM_PORT', port, 1235, 'port libp2p listens on'),
  peer: setting(
    'EDGE_NODE_LIBP2P_PEERCONNECT',
    list,
    [],
    'multiaddr of the requester, with or without /p2p/ID',
  ),
  allowListedLocalPaths: setting(
    'EDGE_ALLOW_LISTED_LOCAL_PATHS',
    list,
    [],
    'paths that jobs may see, e.g. /videos or /videos/**:ro',
  ),
  allowUrlHosts: setting(
    'EDGE_ALLOW_URL_HOSTS',
    list,
    [],
    'private hosts that url inputs may be fetched from: names, *.names, addresses or CIDR ranges, each with :port or not',
  ),
  inputCacheBytes: setting(
    'EDGE_INPUT_CACHE_BYTES',
    z.coerce.number().int().min(0),
    20 * 1_073_741_824,
    'bytes on disk for fetched inputs; 0: no url and result inputs',
  ),
  allowedHosts: setting(
    'EDGE_ALLOWED_HOSTS',
    list,
    [],
    'host names under which clients may reach the API, beside its address and localhost',
  ),
  joinToken: setting(
    'EDGE_JOIN_TOKEN',
    z.string().min(8).max(200),
    undefined,
    'secret that a node shows to be approved',
  ),
  maxConcurrent: setting(
    'EDGE_MAX_CONCURRENT',
    z.coerce.number().int().min(1).max(1024),
    undefined,
    'executions at a time; default: one for every 2 cores',
  ),
  limitCpu: setting(
    'EDGE_LIMIT_CPU',
    z.coerce.number().min(0.1).max(4096),
    undefined,
    'cores that jobs may use; default: all',
  ),
  limitMemory: setting(
    'EDGE_LIMIT_MEMORY',
    z.coerce.number().int().min(67_108_864),
    undefined,
    'bytes of memory that jobs may use; default: 80% of the machine’s',
  ),
  limitGpu: setting(
    'EDGE_LIMIT_GPU',
    z.coerce.number().int().min(0).max(256),
    undefined,
    'GPUs that jobs may use; default: all that are found',
  ),
  limitJobCpu: setting(
    'EDGE_LIMIT_JOB_CPU',
    z.coerce.number().min(0.01).max(4096),
    undefined,
    'cores that one job may have; default: as many as all jobs',
  ),
  limitJobMemory: setting(
    'EDGE_LIMIT_JOB_MEMORY',
    z.coerce.number().int().min(1_048_576),
    undefined,
    'bytes of memory that one job may have; default: as many as all jobs',
  ),
  limitJobGpu: setting(
    'EDGE_LIMIT_JOB_GPU',
    z.coerce.number().int().min(0).max(256),
    undefined,
    'GPUs that one job may have; default: as many as all jobs',
  ),
  jobSelectionDataLocality: setting(
    'EDGE_JOB_SELECTION_DATA_LOCALITY',
    z.enum(['local', 'anywhere']),
    'anywhere' as const,
    'local: only jobs whose inputs are on this machine already; anywhere: also those that are fetched',
  ),
  jobSelectionRejectStateless: setting(
    'EDGE_JOB_SELECTION_REJECT_STATELESS',
    flag,
    false,
    'take no jobs without inputs',
  ),
  jobSelectionAcceptNetworked: setting(
    'EDGE_JOB_SELECTION_ACCEPT_NETWORKED',
    flag,
    false,
    'take jobs that want a network, too',
  ),
  jobSelectionProbeExec: setting(
    'EDGE_JOB_SELECTION_PROBE_EXEC',
    command,
    undefined,
    'program that is asked about each job, which it gets as JSON on stdin; exit code 0 accepts; no shell',
  ),
  jobSelectionProbeHttp: setting(
    'EDGE_JOB_SELECTION_PROBE_HTTP',
    z.url({ protocol: /^https?$/, error: 'an http or https address' }),
    undefined,
    'address that each job is posted to; it answers {"shouldBid": true} or {"shouldBid": false, "reason": "..."}',
  ),
  jobSelectionProbeTimeout: setting(
    'EDGE_JOB_SELECTION_PROBE_TIMEOUT',
    z.coerce.number().min(0.1).max(60),
    5,
    'seconds that a probe may take; after that the answer is no for now',
  ),
  apiHost: setting('EDGE_NODE_CLIENTAPI_HOST', text, '127.0.0.1', 'where the client finds the API: host'),
  apiPort: setting('EDGE_NODE_CLIENTAPI_PORT', port, 1234, 'where the client finds the API: port'),
  apiToken: setting(
    'EDGE_API_TOKEN',
    z.string().min(1).max(200),
    undefined,
    'token that the client shows to the API',
  ),
  assetsMirror: setting(
    'EDGE_ASSETS_MIRROR',
    list,
    [],
    'folders to look into for models and samples before downloading',
  ),
  ffmpeg: setting('EDGE_FFMPEG', text, undefined, 'the ffmpeg to use'),
  ffprobe: setting('EDGE_FFPROBE', text, undefined, 'the ffprobe to use'),
  detectorSidecar: setting(
    'EDGE_DETECTOR_SIDECAR',
    command,
    undefined,
    'detector program for --provider sidecar, its arguments after spaces or as a JSON list (docs/sidecar.md)',
  ),
  dockerHost: setting(
    'DOCKER_HOST',
    text,
    'unix:///var/run/docker.sock',
    'the Docker engine on this machine, for container jobs',
  ),
  dockerPull: setting(
    'EDGE_DOCKER_PULL',
    z.enum(['missing', 'never']),
    'missing',
    'whether images that are not on this machine are pulled',
  ),
  logLevel: setting(
    'EDGE_LOG_LEVEL',
    z.enum(['debug', 'info', 'warn', 'error', 'silent']),
    'info',
    'what is logged',
  ),
  logJson: setting('EDGE_LOG_JSON', flag, undefined, 'log as JSON also on a terminal'),
} as const satisfies Record<string, Setting>

/** Settings whose values are not shown. */
export const secretSettings: ReadonlySet<string> = new Set<keyof typeof settingsTable>([
  'joinToken',
  'apiToken',
])

type Table = typeof settingsTable
export type SettingName = keyof Table
/** A setting without a default may be undefined. */
export type Settings = {
  readonly [Name in SettingName]:
    z.infer<Table[Name]['schema']> | (undefined extends Table[Name]['fallback'] ? undefined : never)
}
