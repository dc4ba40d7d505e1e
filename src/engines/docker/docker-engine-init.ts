import type { JobSpec } from '../../domain/index.ts'
import type { Abortable, Clock, EngineOutcome, EngineWork, Log } from '../../ports/index.ts'
import type { Accelerator } from './devices/accelerator.ts'

export interface DockerEngineInit {
  /** As in DOCKER_HOST: `unix:///var/run/docker.sock`. */
  readonly address: string
  /** Peer id of this node: containers are labelled with it, so that two nodes can share an engine. */
  readonly nodeId: string
  /** `never`: only images that are on this machine. */
  readonly pull: 'missing' | 'never'
  /** Accelerators that jobs may be given. */
  readonly accelerators: readonly Accelerator[]
  /** For outputs of work whose spec names no limit. Default: 10 GiB. */
  readonly outputLimitBytes?: number
  /** Orderly stop of the node: containers run on and are found again at its next start. Default: true. */
  readonly survivesShutdown?: boolean
  /** Called after the container has ended, with its outputs in place: may add to them and to the outcome. */
  readonly afterwards?: (
    work: EngineWork,
    outcome: EngineOutcome,
    options: Abortable,
  ) => Promise<EngineOutcome>
  readonly clock: Clock
  readonly log: Log
  readonly timings?: Partial<DockerTimings>
  /** Who this process is. Default: the real ids. */
  readonly self?: { readonly uid: number; readonly gid: number }
}

export interface DockerTimings {
  /** Between looks at a container whose events say nothing. */
  readonly pollMs: number
  /** From SIGTERM to SIGKILL. */
  readonly stopGraceMs: number
  /** Between measurements of the outputs. */
  readonly measureMs: number
  /** Longest pause between attempts to reach an engine that is down. */
  readonly reconnectMs: number
}

export const defaultTimings: DockerTimings = {
  pollMs: 2000,
  stopGraceMs: 10_000,
  measureMs: 1000,
  reconnectMs: 5000,
}

export const defaultOutputLimitBytes = 10 * 2 ** 30

/** The part of a spec that is the container’s. */
export type DockerSpec = Extract<JobSpec['engine'], { type: 'docker' }>
