/**
 * The engine that runs each execution as one container of a Docker engine on this machine: made from constants, looked
 * at before it is started, found again after a restart, removed at its end. The only importer of dockerode.
 */
export { createDockerEngine } from './docker-engine.ts'
export type { DockerEngineInit, DockerTimings } from './docker-engine-init.ts'
export { createEventsStage } from './events-stage.ts'
export type { Accelerator } from './devices/accelerator.ts'
export { findAccelerators } from './devices/find-accelerators.ts'
