import type Docker from 'dockerode'
import type { EngineWork } from '../../ports/index.ts'
import type { Accelerator } from './devices/accelerator.ts'
import { containerMounts } from './container-mounts.ts'
import { devicesText, labelNames, logBaseText } from './container-labels.ts'
import type { LogBase } from './container-labels.ts'
import type { ContainerUser } from './container-user.ts'
import type { DockerSpec } from './docker-engine-init.ts'
import type { EngineFacts, ImageFacts, Payload } from './engine-api.ts'

export interface PayloadParts {
  readonly work: EngineWork
  readonly engine: DockerSpec
  readonly image: ImageFacts
  readonly facts: EngineFacts
  readonly nodeId: string
  readonly user: ContainerUser
  readonly accelerators: readonly Accelerator[]
  readonly logBase: LogBase
  /** Largest file that the container can write, bytes. */
  readonly largestFileBytes: number
}

/** Below this an engine takes no limit. */
const leastMemoryBytes = 6 * 2 ** 20
const processes = 512

/**
 * The one request from which containers are made. Everything that could give one more than the job may have is a constant
 * here; a spec only fills in what it is allowed to name.
 */
export function containerPayload(parts: PayloadParts): Payload {
  const { work, engine, image, nodeId, user, accelerators, logBase } = parts
  const { command, entrypoint, workingDirectory } = engine
  return {
    Image: image.Id,
    User: user.text,
    Hostname: 'edge',
    Env: environment(work, image),
    ...(entrypoint === undefined ? {} : { Entrypoint: [...entrypoint] }),
    ...(command.length === 0 ? {} : { Cmd: [...command] }),
    ...(workingDirectory === undefined ? {} : { WorkingDir: workingDirectory }),
    Labels: {
      [labelNames.execution]: work.executionId,
      [labelNames.node]: nodeId,
      ...(work.jobId === undefined ? {} : { [labelNames.job]: work.jobId }),
      [labelNames.logBase]: logBaseText(logBase),
      [labelNames.devices]: devicesText(accelerators.map(({ id }) => id)),
    },
    Tty: false,
    OpenStdin: false,
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Healthcheck: { Test: ['NONE'] },
    HostConfig: hostConfig(parts),
  }
}

function hostConfig({ work, image, facts, accelerators, largestFileBytes }: PayloadParts): Docker.HostConfig {
  const { network } = work.spec
  return {
    Mounts: containerMounts(work, Object.keys(image.Config?.Volumes ?? {})),
    NetworkMode: network.mode === 'full' ? 'bridge' : 'none',
    Privileged: false,
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    IpcMode: 'private',
    Init: true,
    AutoRemove: false,
    RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
    PublishAllPorts: false,
    OomKillDisable: false,
    ...limits(work, facts),
    Ulimits: [
      { Name: 'core', Soft: 0, Hard: 0 },
      { Name: 'fsize', Soft: largestFileBytes, Hard: largestFileBytes },
    ],
    LogConfig: { Type: 'json-file', Config: { 'max-size': '32m', 'max-file': '3' } },
    ...given(accelerators),
  }
}

/** What the kernel cannot limit is not asked for; the engine’s status names it. */
function limits({ spec: { resources } }: EngineWork, facts: EngineFacts): Docker.HostConfig {
  const memory = Math.max(leastMemoryBytes, resources.memoryBytes)
  return {
    ...(facts.MemoryLimit ? { Memory: memory, MemorySwap: facts.SwapLimit ? memory : -1 } : {}),
    ...(facts.CpuCfsQuota ? { NanoCpus: Math.round(resources.cpu * 1e9) } : {}),
    ...(facts.PidsLimit ? { PidsLimit: processes } : {}),
  }
}

function given(accelerators: readonly Accelerator[]): Docker.HostConfig {
  const indexes = accelerators.flatMap(({ device }) =>
    device.vendor === 'nvidia' ? [String(device.index)] : [],
  )
  const paths = [...new Set(accelerators.flatMap((one) => one.paths))]
  const groups = [...new Set(accelerators.flatMap((one) => one.groups))]
  return {
    ...(indexes.length === 0
      ? {}
      : { DeviceRequests: [{ Driver: 'nvidia', DeviceIDs: indexes, Capabilities: [['gpu']] }] }),
    ...(paths.length === 0
      ? {}
      : {
          Devices: paths.map((path) => ({
            PathOnHost: path,
            PathInContainer: path,
            CgroupPermissions: 'rw',
          })),
        }),
    ...(groups.length === 0 ? {} : { GroupAdd: groups.map(String) }),
  }
}

/** A user without an entry in the image’s passwd has no home; /tmp is the one place that can be written. */
function environment({ spec: { env } }: EngineWork, image: ImageFacts): string[] {
  const hasHome = 'HOME' in env || (image.Config?.Env ?? []).some((line) => line.startsWith('HOME='))
  return [...(hasHome ? [] : ['HOME=/tmp']), ...Object.entries(env).map(([key, value]) => `${key}=${value}`)]
}
