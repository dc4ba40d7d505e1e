import type {
  ContainerFacts,
  EngineApi,
  EngineFacts,
  ImageFacts,
  Payload,
} from '../../src/engines/docker/engine-api.ts'

export const capableEngine: EngineFacts = {
  ServerVersion: '27.0.0',
  OSType: 'linux',
  MemoryLimit: true,
  SwapLimit: true,
  CpuCfsQuota: true,
  PidsLimit: true,
}

export const plainImage: ImageFacts = { Id: 'sha256:aa', RepoDigests: ['site/work@sha256:bb'], Config: {} }

/** What an engine that does as it is told says of a container made by this payload. */
export function madeAs(payload: Payload): ContainerFacts {
  const { Mounts, ...host } = payload.HostConfig ?? {}
  return {
    Id: 'c1',
    Image: payload.Image ?? '',
    Created: '2026-01-01T00:00:00Z',
    State: {
      Status: 'created',
      Running: false,
      Pid: 0,
      OOMKilled: false,
      ExitCode: 0,
      Error: '',
      StartedAt: '',
    },
    HostConfig: {
      ...host,
      Binds: null,
      CapAdd: null,
      MaskedPaths: ['/proc/kcore', '/proc/keys'],
      ReadonlyPaths: ['/proc/bus', '/proc/sys'],
    },
    Config: {
      User: payload.User,
      Hostname: payload.Hostname,
      Env: ['PATH=/bin', ...(payload.Env ?? [])],
      Cmd: payload.Cmd,
      Entrypoint: payload.Entrypoint,
      WorkingDir: payload.WorkingDir,
      Healthcheck: payload.Healthcheck,
      Labels: { vendor: 'somebody', ...payload.Labels },
    },
    Mounts: (Mounts ?? []).map(({ Type, Source, Target, ReadOnly }) => ({
      Type,
      Source,
      Destination: Target,
      RW: ReadOnly !== true,
    })),
  }
}

/** An engine in memory that makes what it is asked for, except for `twist`; containers end when they are started. */
export class FakeDocker implements EngineApi {
  readonly calls: string[] = []
  readonly containers = new Map<string, ContainerFacts>()
  twist: (facts: ContainerFacts) => ContainerFacts = (facts) => facts

  info(): Promise<EngineFacts> {
    return Promise.resolve(capableEngine)
  }

  inspectImage(): Promise<ImageFacts> {
    return Promise.resolve(plainImage)
  }

  pull(): Promise<void> {
    return Promise.reject(new Error('nothing is pulled here'))
  }

  create(name: string, payload: Payload): Promise<boolean> {
    this.calls.push('create')
    if (this.containers.has(name)) return Promise.resolve(false)
    this.containers.set(name, this.twist(madeAs(payload)))
    return Promise.resolve(true)
  }

  inspect(name: string): Promise<ContainerFacts | undefined> {
    return Promise.resolve(this.containers.get(name))
  }

  start(name: string): Promise<void> {
    this.calls.push('start')
    const facts = this.containers.get(name)
    if (facts !== undefined)
      this.containers.set(name, { ...facts, State: { ...facts.State, Status: 'exited' } })
    return Promise.resolve()
  }

  kill(): Promise<void> {
    this.calls.push('kill')
    return Promise.resolve()
  }

  remove(name: string): Promise<void> {
    this.calls.push('remove')
    this.containers.delete(name)
    return Promise.resolve()
  }

  async *logs(): ReturnType<EngineApi['logs']> {
    await Promise.resolve()
    yield { stream: 'stdout', bytes: Buffer.from('said\n') }
  }

  async *events(): ReturnType<EngineApi['events']> {
    await Promise.resolve()
    yield { Action: 'die' }
  }

  list(): ReturnType<EngineApi['list']> {
    return Promise.resolve([])
  }
}
