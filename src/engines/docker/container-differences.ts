import type { ContainerFacts, Payload } from './engine-api.ts'

/** Fields of HostConfig by which a container gets more than it should, beside those that a payload names. */
const mustBeEmpty = [
  'Binds',
  'CapAdd',
  'CgroupParent',
  'DeviceCgroupRules',
  'DeviceRequests',
  'Devices',
  'Dns',
  'DnsSearch',
  'ExtraHosts',
  'GroupAdd',
  'Links',
  'OomScoreAdj',
  'PidMode',
  'PortBindings',
  'StorageOpt',
  'Sysctls',
  'Tmpfs',
  'UTSMode',
  'UsernsMode',
  'VolumeDriver',
  'VolumesFrom',
] as const

/** Files of the kernel that an engine hides and protects unless told otherwise. */
const guarded = { MaskedPaths: '/proc/kcore', ReadonlyPaths: '/proc/sys' } as const

/** In which ways a container is not the one that was asked for, one sentence each; empty when it is. */
export function containerDifferences(meant: Payload, made: ContainerFacts): readonly string[] {
  const host = new Map<string, unknown>(Object.entries(meant.HostConfig ?? {}))
  const differing = [
    ...compare('image', meant.Image, made.Image),
    ...['User', 'Hostname', 'Cmd', 'Entrypoint', 'WorkingDir', 'Tty', 'OpenStdin', 'Healthcheck'].flatMap(
      (key) => {
        const wanted = (meant as Record<string, unknown>)[key]
        return wanted === undefined ? [] : compare(key, wanted, made.Config[key])
      },
    ),
    ...missing('Env', meant.Env ?? [], made.Config['Env']),
    ...Object.entries(meant.Labels ?? {}).flatMap(([key, value]) =>
      compare(`label ${key}`, value, made.Config.Labels?.[key]),
    ),
    ...[...new Set([...host.keys(), ...mustBeEmpty])]
      // What is mounted is compared as it came out; how these fields are written differs between engines.
      .filter((key) => key !== 'Mounts')
      .flatMap((key) => compare(key, host.get(key), made.HostConfig[key])),
    ...compare('mounts', meantMounts(meant), madeMounts(made)),
    ...Object.entries(guarded).flatMap(([key, path]) => missing(key, [path], made.HostConfig[key])),
  ]
  return differing
}

function compare(what: string, wanted: unknown, found: unknown): readonly string[] {
  const [a, b] = [canonical(wanted), canonical(found)]
  return a === b ? [] : [`${what} is ${short(b)}, not ${short(a)}`]
}

function missing(what: string, wanted: readonly string[], found: unknown): readonly string[] {
  const there: readonly unknown[] = Array.isArray(found) ? found : []
  const absent = wanted.filter((item) => !there.includes(item))
  return absent.length === 0
    ? []
    : [`${what} lacks ${short(absent.map((line) => line.split('=')[0]).join(', '))}`]
}

function meantMounts({ HostConfig }: Payload): readonly string[] {
  return (HostConfig?.Mounts ?? [])
    .map(({ Type, Source, Target, ReadOnly }) => mountText(Type, Source, Target, ReadOnly !== true))
    .sort()
}

function madeMounts({ Mounts }: ContainerFacts): readonly string[] {
  return Mounts.map(({ Type, Source, Destination, RW }) => mountText(Type, Source, Destination, RW)).sort()
}

function mountText(type: string, source: string, target: string, isWritable: boolean): string {
  return `${type} ${source} at ${target}${isWritable ? ', writable' : ''}`
}

/** Text by which values are compared: keys in order, nothing for what is empty, false or nought. */
function canonical(value: unknown): string {
  if (isNothing(value)) return 'nothing'
  return JSON.stringify(value, (_, item: unknown) => {
    if (isNothing(item)) return undefined
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

function isNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === false || value === 0) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

function short(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 299)}…`
}
