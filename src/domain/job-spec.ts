import { z } from 'zod'
import { ClipsSpec } from './clips-spec.ts'
import { DockerEngineSpec } from './docker-engine-spec.ts'
import { InputSpec } from './input-spec.ts'
import { SignificancePolicy } from './policy.ts'
import {
  DisconnectSpec,
  Environment,
  NetworkSpec,
  OutputSpec,
  ResourcesSpec,
  RetriesSpec,
  TimeoutsSpec,
} from './work-spec.ts'
import { TimeRange } from './time-range.ts'

/** edge/v1: what a client asks for. Every object is strict: an unknown field is an error (see spec-problems.ts). */

const label = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$/, 'letters, digits, . _ / -')

export const Labels = z.record(label, z.string().max(63))
export type Labels = Readonly<Record<string, string>>

/** What runs a model: an execution provider of ONNX Runtime, or the detector program that the node’s owner configured. */
export const ProviderName = z.enum(['cpu', 'cuda', 'tensorrt', 'coreml', 'webgpu', 'openvino', 'sidecar'])
export type ProviderName = z.infer<typeof ProviderName>

/** For accelerators; what a provider does not know is told in the ledger. */
export const ProviderOptions = z.strictObject({
  deviceId: z.int().min(0).max(1023).optional().meta({ description: 'number of the accelerator, from 0' }),
  fp16: z.boolean().default(false).meta({ description: 'half precision, where the provider offers it' }),
  engineCache: z.boolean().default(false).meta({ description: 'keep TensorRT’s engines on the node' }),
  batch: z.int().min(1).max(32).optional().meta({
    description: 'frames in one run; 8 on accelerators (2 above 640 x 640 pixels), 1 on the cpu',
  }),
})
export type ProviderOptions = z.infer<typeof ProviderOptions>

/** YOLOv5 by ONNX Runtime in process. `model`: an official or imported name, or an allow-listed path on the node. */
export const OnnxEngineSpec = z.strictObject({
  type: z.literal('onnx'),
  model: z
    .string()
    .min(1)
    .max(4096)
    .default('yolov5n')
    .meta({ description: 'official or imported name, or an allow-listed path on the node' }),
  mode: z.enum(['auto', 'dense', 'hold', 'keyframe']).default('auto').meta({
    description:
      'which frames the model sees: every sampled one, those that differ until objects agree, or keyframes; auto: hold, or keyframe where the shortest event cannot fall between two',
  }),
  sampleFps: z.number().min(0.1).max(120).optional().meta({
    description: 'frames sampled per second of footage; 5, and every frame in dense mode',
  }),
  scoreThreshold: z
    .number()
    .min(0.001)
    .max(1)
    .default(0.25)
    .meta({ description: 'detections below begin no track, 0..1' }),
  iouThreshold: z
    .number()
    .min(0.01)
    .max(1)
    .default(0.45)
    .meta({ description: 'overlap above which NMS keeps one, 0..1' }),
  maxDetections: z.int().min(1).max(3000).default(300).meta({ description: 'per frame, after NMS' }),
  provider: z
    .union([z.enum(['auto', ...ProviderName.options]), z.array(ProviderName).min(1).max(8)], {
      error: `auto, one of ${ProviderName.options.join(', ')}, or a list of these`,
    })
    .default('auto')
    .meta({ description: 'a list is tried in its order, also when one fails in the middle of a run' }),
  providerOptions: ProviderOptions.prefault({}).meta({ description: 'for accelerators' }),
  imageSize: z
    .int()
    .min(32)
    .max(4096)
    .optional()
    .meta({ description: 'longer side of frames in pixels; 640, P6 models 1280' }),
  precision: z.enum(['float', 'int8', 'auto']).default('auto').meta({
    description:
      'auto: int8 where `edge model quantize` accepted it on the node for frames of this shape, on the cpu; else float. What int8 finds is named by float',
  }),
  range: TimeRange.optional().meta({ description: 'only this part of each file; all of it when left out' }),
  policy: SignificancePolicy.prefault({}).meta({ description: 'what makes an event' }),
  clips: ClipsSpec.prefault({}).meta({ description: 'how events become clips' }),
})
export type OnnxEngineSpec = z.infer<typeof OnnxEngineSpec>

/** Does nothing for `durationMs`, then ends with `exitCode`: measures the orchestrator and tests the job model. */
export const NoopEngineSpec = z.strictObject({
  type: z.literal('noop'),
  durationMs: z.int().min(0).max(86_400_000).default(0).meta({ description: 'does nothing for so long' }),
  exitCode: z.int().min(0).max(255).default(0).meta({ description: 'ends with it' }),
})
export type NoopEngineSpec = z.infer<typeof NoopEngineSpec>

export const EngineSpec = z.discriminatedUnion('type', [OnnxEngineSpec, DockerEngineSpec, NoopEngineSpec])
export type EngineSpec = z.infer<typeof EngineSpec>
export type EngineType = EngineSpec['type']

export const PublisherSpec = z.discriminatedUnion('type', [z.strictObject({ type: z.literal('local') })])
export type PublisherSpec = z.infer<typeof PublisherSpec>

export const JobSpec = z.strictObject({
  apiVersion: z.literal('edge/v1'),
  name: z.string().min(1).max(63).optional().meta({ description: 'for people; need not be unique' }),
  type: z.enum(['batch', 'ops', 'daemon']).default('batch').meta({
    description:
      'batch: on count nodes; ops: once on every matching node; daemon: stays on every matching node',
  }),
  count: z.int().min(1).max(10_000).default(1).meta({ description: 'batch: on how many nodes' }),
  priority: z.int().min(-100).max(100).default(0).meta({ description: 'higher ones run first' }),
  labels: Labels.default({}).meta({ description: 'of the job, to list it by' }),
  selector: z
    .string()
    .max(1000)
    .default('')
    .meta({ description: 'node labels, e.g. site=north,camera in (a,b)' }),
  engine: EngineSpec.meta({ description: 'what runs the work' }),
  inputs: z.array(InputSpec).max(32).default([]).meta({ description: 'what the work sees' }),
  outputs: z
    .array(OutputSpec)
    .min(1)
    .max(16)
    .default([{ name: 'outputs', path: '/outputs' }])
    .meta({ description: 'docker: folders of the container that become folders of the result' }),
  env: Environment.default({}).meta({ description: 'docker: environment variables' }),
  network: NetworkSpec.prefault({}).meta({ description: 'docker: what the work may reach' }),
  publisher: PublisherSpec.prefault({ type: 'local' }).meta({
    description: 'where results go; local: to the requester',
  }),
  publish: z.enum(['events', 'all']).optional().meta({
    description:
      'events: only clips and what describes them; all: everything the work left. events where there is a policy',
  }),
  resources: ResourcesSpec.prefault({}).meta({ description: 'what one execution may use of a node' }),
  timeouts: TimeoutsSpec.prefault({}).meta({ description: 'how long things may take' }),
  disconnect: DisconnectSpec.prefault({}).meta({
    description: 'how long a silent node keeps its work before batch work moves on',
  }),
  retries: RetriesSpec.prefault({}).meta({ description: 'new attempts after a failure' }),
})
export type JobSpec = z.infer<typeof JobSpec>
/** What a client may write: everything with a default left out. */
export type JobSpecInput = z.input<typeof JobSpec>
