import type Docker from 'dockerode'
import type { z } from 'zod'
import type { EdgeError } from '../../domain/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { demultiplex } from './demultiplex.ts'
import { parseEngineAddress } from './engine-address.ts'
import type { EngineAddress } from './engine-address.ts'
import {
  ContainerEvent,
  ContainerFacts,
  EngineFacts,
  EngineRefusal,
  ImageFacts,
  isRefusal,
  ListedContainer,
  PullStep,
} from './engine-api.ts'
import type { EngineApi, EventRange, Payload } from './engine-api.ts'
import { engineError } from './engine-errors.ts'
import { jsonLines } from './json-lines.ts'

const quickMs = 15_000
/** To make, start or remove a container takes long on a slow or busy disk. */
const slowMs = 120_000

/** An engine by dockerode, which is loaded at the first call. `address` is as in DOCKER_HOST. */
export function createDockerodeApi(address: string): EngineApi {
  return new DockerodeApi(address)
}

class DockerodeApi implements EngineApi {
  readonly #address: string
  #client: Promise<Docker> | undefined

  constructor(address: string) {
    this.#address = address
  }

  async info(options?: Abortable): Promise<EngineFacts> {
    return this.#ask(EngineFacts, (docker, abortSignal) => untyped(docker).info({ abortSignal }), options)
  }

  async inspectImage(reference: string, options?: Abortable): Promise<ImageFacts | undefined> {
    return absentAs404(this.#ask(ImageFacts, (docker) => docker.getImage(reference).inspect(), options))
  }

  async pull(reference: string, onStep: (step: PullStep) => void, options?: Abortable): Promise<void> {
    const steps = await this.#open((docker, abortSignal) => docker.pull(reference, { abortSignal }), options)
    for await (const value of this.#stream(jsonLines(steps), options)) {
      const step = PullStep.parse(value)
      if (step.error !== undefined) throw new EngineRefusal(500, step.error)
      onStep(step)
    }
  }

  async create(name: string, payload: Payload, options?: Abortable): Promise<boolean> {
    try {
      await this.#call(
        (docker, abortSignal) => docker.createContainer({ ...payload, name, abortSignal }),
        options,
        slowMs,
      )
      return true
    } catch (error) {
      if (isRefusal(error, 409)) return false
      throw error
    }
  }

  async inspect(name: string, options?: Abortable): Promise<ContainerFacts | undefined> {
    return absentAs404(
      this.#ask(
        ContainerFacts,
        (docker, abortSignal) => docker.getContainer(name).inspect({ abortSignal }),
        options,
      ),
    )
  }

  async start(name: string, options?: Abortable): Promise<void> {
    // 304: it runs already.
    await this.#call(
      (docker, abortSignal) => docker.getContainer(name).start({ abortSignal }),
      options,
      slowMs,
      [304],
    )
  }

  async kill(name: string, signal: 'SIGTERM' | 'SIGKILL', options?: Abortable): Promise<void> {
    // 409: it does not run; 404: it is gone.
    await this.#call(
      (docker, abortSignal) => docker.getContainer(name).kill({ signal, abortSignal }),
      options,
      quickMs,
      [404, 409],
    )
  }

  async remove(name: string, options?: Abortable): Promise<void> {
    // 409: it is being removed.
    await this.#call(
      (docker, abortSignal) => docker.getContainer(name).remove({ v: true, force: true, abortSignal }),
      options,
      slowMs,
      [404, 409],
    )
  }

  async *logs(name: string, options?: Abortable): ReturnType<EngineApi['logs']> {
    const what = { follow: true, stdout: true, stderr: true } as const
    const chunks = await this.#open(
      (docker, abortSignal) => docker.getContainer(name).logs({ ...what, abortSignal }),
      options,
    )
    yield* this.#stream(demultiplex(chunks), options)
  }

  async *events(
    id: string,
    { sinceMs, untilMs }: EventRange,
    options?: Abortable,
  ): ReturnType<EngineApi['events']> {
    const range = {
      since: Math.floor(sinceMs / 1000),
      ...(untilMs !== undefined && { until: Number((untilMs / 1000).toFixed(3)) }),
    }
    const chunks = await this.#open(
      (docker, abortSignal) => docker.getEvents({ ...range, filters: { container: [id] }, abortSignal }),
      options,
    )
    for await (const value of this.#stream(jsonLines(chunks), options)) yield ContainerEvent.parse(value)
  }

  async list(labels: Readonly<Record<string, string>>, options?: Abortable): Promise<ListedContainer[]> {
    const label = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
    return this.#ask(
      ListedContainer.array(),
      (docker, abortSignal) => docker.listContainers({ all: true, filters: { label }, abortSignal }),
      options,
    )
  }

  async #ask<Schema extends z.ZodType>(
    schema: Schema,
    call: (docker: Docker, abortSignal: AbortSignal) => Promise<unknown>,
    options: Abortable | undefined,
  ): Promise<z.infer<Schema>> {
    return schema.parse(await this.#call(call, options, quickMs))
  }

  async #call<T>(
    call: (docker: Docker, abortSignal: AbortSignal) => Promise<T>,
    { signal }: Abortable = {},
    limitMs: number,
    fine: readonly number[] = [],
  ): Promise<T | undefined> {
    signal?.throwIfAborted()
    const docker = await this.#connect()
    const limit = AbortSignal.timeout(limitMs)
    try {
      const all = signal === undefined ? limit : AbortSignal.any([signal, limit])
      return await orAborted(call(docker, all), all)
    } catch (error) {
      signal?.throwIfAborted()
      const told = this.#told(error, limit.aborted ? `no answer within ${limitMs / 1000} s` : undefined)
      if (told instanceof EngineRefusal && fine.includes(told.status)) return undefined
      throw told
    }
  }

  /** Opens a stream; it has no limit of time, only its opening has. */
  async #open(
    call: (docker: Docker, abortSignal: AbortSignal) => Promise<NodeJS.ReadableStream>,
    { signal }: Abortable = {},
  ): Promise<AsyncIterable<Buffer>> {
    signal?.throwIfAborted()
    const docker = await this.#connect()
    const opening = new AbortController()
    const timer = setTimeout(() => {
      opening.abort()
    }, slowMs)
    try {
      const all = signal === undefined ? opening.signal : AbortSignal.any([signal, opening.signal])
      return (await call(docker, all)) as AsyncIterable<Buffer> & NodeJS.ReadableStream
    } catch (error) {
      signal?.throwIfAborted()
      throw this.#told(error)
    } finally {
      clearTimeout(timer)
    }
  }

  async *#stream<T>(items: AsyncIterable<T>, { signal }: Abortable = {}): AsyncGenerator<T> {
    try {
      yield* items
    } catch (error) {
      signal?.throwIfAborted()
      throw error instanceof EngineRefusal ? error : this.#told(error)
    }
  }

  #connect(): Promise<Docker> {
    const { protocol, options } = clientOptions(parseEngineAddress(this.#address))
    this.#client ??= import('dockerode').then(
      ({ default: Client }) => new Client({ ...options, ...(protocol && { protocol }) }),
    )
    return this.#client
  }

  #told(error: unknown, why?: string): EngineRefusal | EdgeError {
    return engineError(error, this.#address, why)
  }
}

/** The types of dockerode leave out that this takes a signal. */
function untyped(docker: Docker): {
  readonly info: (options: { readonly abortSignal: AbortSignal }) => Promise<unknown>
} {
  return docker
}

function clientOptions(address: EngineAddress): {
  readonly protocol?: 'http'
  readonly options: Docker.DockerOptions
} {
  return address.kind === 'socket'
    ? { options: { socketPath: address.path } }
    : { protocol: 'http', options: { host: address.host, port: address.port } }
}

/** Not every call of dockerode heeds its signal. */
async function orAborted<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => {
    reject(new Error('aborted', { cause: signal.reason }))
  }
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([call, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

async function absentAs404<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (isRefusal(error, 404)) return undefined
    throw error
  }
}
