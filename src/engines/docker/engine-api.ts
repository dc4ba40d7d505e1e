import { z } from 'zod'
import type Docker from 'dockerode'
import type { LogLine } from '../../domain/index.ts'
import type { Abortable } from '../../ports/index.ts'

/** What the adapter wants of a Docker engine, and nothing else: docs.docker.com/engine/api, version 1.41 and newer. */
export interface EngineApi {
  info(options?: Abortable): Promise<EngineFacts>
  /** Undefined when the image is not on this machine. */
  inspectImage(reference: string, options?: Abortable): Promise<ImageFacts | undefined>
  /** Resolves when the image is there; the engine’s refusal is an `EngineRefusal`. */
  pull(reference: string, onStep: (step: PullStep) => void, options?: Abortable): Promise<void>
  /** False when a container of this name exists already. */
  create(name: string, payload: Payload, options?: Abortable): Promise<boolean>
  /** Undefined when there is no such container. */
  inspect(name: string, options?: Abortable): Promise<ContainerFacts | undefined>
  /** Nothing happens when it runs already. */
  start(name: string, options?: Abortable): Promise<void>
  /** Nothing happens when it does not run. */
  kill(name: string, signal: 'SIGTERM' | 'SIGKILL', options?: Abortable): Promise<void>
  /** Ends and removes it with its anonymous volumes; nothing happens when it is gone. */
  remove(name: string, options?: Abortable): Promise<void>
  /** Everything it printed and prints; ends with the container or with the engine. */
  logs(name: string, options?: Abortable): AsyncIterable<LogPiece>
  /**
   * What happened to it since `sinceMs` (wall time), of which an engine remembers the last few hundred events until it is
   * restarted, and what happens; ends at `untilMs`, else with the engine only.
   */
  events(id: string, range: EventRange, options?: Abortable): AsyncIterable<ContainerEvent>
  /** Containers with all these labels, running or not. */
  list(labels: Readonly<Record<string, string>>, options?: Abortable): Promise<readonly ListedContainer[]>
}

export type Payload = Docker.ContainerCreateOptions

export interface EventRange {
  readonly sinceMs: number
  readonly untilMs?: number
}

export interface LogPiece {
  readonly stream: LogLine['stream']
  readonly bytes: Buffer
}

export const EngineFacts = z.object({
  ServerVersion: z.string(),
  OSType: z.string().default('linux'),
  MemoryLimit: z.boolean().default(false),
  SwapLimit: z.boolean().default(false),
  CpuCfsQuota: z.boolean().default(false),
  PidsLimit: z.boolean().default(false),
  SecurityOptions: z.array(z.string()).nullish(),
})
export type EngineFacts = z.infer<typeof EngineFacts>

export const ImageFacts = z.object({
  Id: z.string(),
  RepoDigests: z.array(z.string()).nullish(),
  Config: z
    .object({
      Env: z.array(z.string()).nullish(),
      Volumes: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
})
export type ImageFacts = z.infer<typeof ImageFacts>

export const ContainerFacts = z.object({
  Id: z.string(),
  Image: z.string(),
  State: z.object({
    Status: z.string(),
    Running: z.boolean(),
    Pid: z.number().default(0),
    OOMKilled: z.boolean(),
    ExitCode: z.number(),
    Error: z.string().default(''),
    StartedAt: z.string().default(''),
  }),
  Created: z.string(),
  HostConfig: z.record(z.string(), z.unknown()),
  Config: z.looseObject({ Labels: z.record(z.string(), z.string()).nullish() }),
  Mounts: z.array(
    z.object({ Type: z.string(), Source: z.string(), Destination: z.string(), RW: z.boolean() }),
  ),
})
export type ContainerFacts = z.infer<typeof ContainerFacts>

export const ContainerEvent = z.object({
  Action: z.string(),
  Actor: z.object({ Attributes: z.record(z.string(), z.string()).nullish() }).nullish(),
})
export type ContainerEvent = z.infer<typeof ContainerEvent>

export const PullStep = z.object({
  id: z.string().optional(),
  status: z.string().optional(),
  error: z.string().optional(),
})
export type PullStep = z.infer<typeof PullStep>

export const ListedContainer = z.object({
  Names: z.array(z.string()),
  State: z.string(),
  Labels: z.record(z.string(), z.string()).nullish(),
})
export type ListedContainer = z.infer<typeof ListedContainer>

/** The engine answered, and the answer was no. That it does not answer at all is an EdgeError `engine_unavailable`. */
export class EngineRefusal extends Error {
  override readonly name = 'EngineRefusal'
  /** HTTP status. */
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export function isRefusal(error: unknown, status: number): error is EngineRefusal {
  return error instanceof EngineRefusal && error.status === status
}
