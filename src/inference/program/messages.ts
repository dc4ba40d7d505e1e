import { z } from 'zod'
import {
  ClipsSpec,
  OnnxEngineSpec,
  Progress,
  Reason,
  SignificancePolicy,
  isErrorCode,
} from '../../domain/index.ts'
import { Fragment, VideoSource } from '../pipeline/index.ts'

/** What passes between a parent and the program it forked, as JSON over the IPC channel. */

const MediaTool = z.object({
  path: z.string(),
  version: z.string(),
  origin: z.enum(['setting', 'system', 'package']),
})

const MediaToolPaths = z.object({ ffmpeg: MediaTool, ffprobe: MediaTool })

/** One run. `settings` is an `onnx` spec without the model’s name. */
export const ProgramRequest = z.object({
  sources: z.array(VideoSource),
  model: z.object({ path: z.string(), name: z.string(), rangesDir: z.string().optional() }),
  /** Try int8 first where there is much footage. */
  calibrates: z.boolean().optional(),
  settings: OnnxEngineSpec.omit({ type: true, model: true }),
  threads: z.int().min(1),
  outputsDir: z.string(),
  completed: z.array(Fragment),
  /** Of files that have grown since only the rest is analysed. */
  continues: z.boolean().optional(),
  tools: MediaToolPaths,
  accelerators: z
    .object({ cacheDir: z.string().optional(), sidecar: z.array(z.string()).readonly().optional() })
    .optional(),
})
export type ProgramRequest = z.infer<typeof ProgramRequest>

/** One run over detections that another program left; the fields are those of `labelEvents`. */
export const LabelRequest = z.object({
  sources: z.array(VideoSource),
  roots: z.array(z.object({ path: z.string(), name: z.string(), isLabels: z.boolean().optional() })),
  detector: z.string(),
  policy: SignificancePolicy,
  clips: ClipsSpec,
  brokenOff: Reason.optional(),
  vidStride: z.int().min(1).optional(),
  threads: z.int().min(1),
  outputsDir: z.string(),
  tools: MediaToolPaths,
})
export type LabelRequest = z.infer<typeof LabelRequest>

/** To the program: first `start`, `label` or `describe`, later perhaps `abort`. A closed channel means abort too. */
export const ProgramOrder = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('start'), request: ProgramRequest }),
  z.object({ kind: z.literal('label'), request: LabelRequest }),
  z.object({ kind: z.literal('describe') }),
  z.object({ kind: z.literal('abort') }),
])
export type ProgramOrder = z.infer<typeof ProgramOrder>

/** What the ONNX Runtime of this installation says of itself; a listed provider may still fail to load. */
export const RuntimeDescription = z.object({ version: z.string(), providers: z.array(z.string()) })
export type RuntimeDescription = z.infer<typeof RuntimeDescription>

const ErrorReport = z.object({
  code: z.string().refine(isErrorCode),
  message: z.string(),
  hint: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
})

/** Sums of a finished run; the documents themselves are in `outputsDir`. */
export const RunTotals = z.object({
  filesRead: z.int(),
  filesTotal: z.int(),
  bytesRead: z.int(),
  secondsRead: z.number(),
  events: z.int(),
  clips: z.int(),
  /** What was wrong beyond one file. */
  problems: z.array(Reason).optional(),
})
export type RunTotals = z.infer<typeof RunTotals>

/** From the program. After `done`, `described` or `failed` it ends. */
export const ProgramNews = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), progress: Progress }),
  z.object({ kind: z.literal('file-done'), fragment: Fragment, isEarlier: z.boolean() }),
  z.object({
    kind: z.literal('log'),
    level: z.enum(['debug', 'info', 'warn', 'error']),
    fields: z.record(z.string(), z.unknown()),
    message: z.string(),
  }),
  z.object({ kind: z.literal('described'), runtime: RuntimeDescription }),
  z.object({ kind: z.literal('done'), totals: RunTotals }),
  z.object({ kind: z.literal('failed'), error: ErrorReport }),
])
export type ProgramNews = z.infer<typeof ProgramNews>
