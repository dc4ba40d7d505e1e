import type { Argv } from 'yargs'
import { z } from 'zod'
import type { OnnxEngineSpec, SignificancePolicy } from '../../domain/index.ts'
import type { Args } from '../command.ts'

/** Flags of the detector and of what makes an event, shared by `onnx run` and `detect`. */
export const policyOptions = (yargs: Argv): Argv =>
  yargs
    .option('model', {
      type: 'string',
      describe: 'known name, or path of a .pt or .onnx file on the node (yolov5n)',
    })
    .option('classes', { type: 'string', describe: 'only these classes, comma separated, e.g. person,dog' })
    .option('sample-fps', { type: 'number', describe: 'frames analysed per second of footage (5)' })
    .option('conf', { type: 'number', describe: 'detections below this score are dropped (0.25)' })
    .option('iou', { type: 'number', describe: 'overlap above which one of two boxes is kept (0.45)' })
    .option('provider', { type: 'string', describe: 'execution provider: auto, cpu, cuda, ... (auto)' })
    .option('min-score', { type: 'number', describe: 'least median score of a track (0.4)' })
    .option('min-duration', { type: 'number', describe: 'least seconds that a track lasts (0.6)' })
    .option('merge-gap', { type: 'number', describe: 'events closer than so many seconds become one (3)' })
    .option('pre-roll', { type: 'number', describe: 'seconds before an event (1)' })
    .option('post-roll', { type: 'number', describe: 'seconds after an event (1)' })

const Flags = z.looseObject({
  model: z.string().optional(),
  classes: z.string().optional(),
  sampleFps: z.number().optional(),
  conf: z.number().optional(),
  iou: z.number().optional(),
  provider: z.string().optional(),
  minScore: z.number().optional(),
  minDuration: z.number().optional(),
  mergeGap: z.number().optional(),
  preRoll: z.number().optional(),
  postRoll: z.number().optional(),
})

type Given<T> = { -readonly [K in keyof T]?: T[K] }

/** What was said on the command line; what was not is left to the schema’s defaults. Ranges are checked with the spec. */
export function policyOf(args: Args): {
  engine: Given<Omit<OnnxEngineSpec, 'type' | 'policy'>>
  policy: Given<SignificancePolicy>
} {
  const flags = Flags.parse(args)
  return {
    engine: given({
      model: flags.model,
      sampleFps: flags.sampleFps,
      scoreThreshold: flags.conf,
      iouThreshold: flags.iou,
      provider: flags.provider as OnnxEngineSpec['provider'] | undefined,
    }),
    policy: given({
      classes: flags.classes
        ?.split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
      minScore: flags.minScore,
      minDurationSeconds: flags.minDuration,
      mergeGapSeconds: flags.mergeGap,
      preRollSeconds: flags.preRoll,
      postRollSeconds: flags.postRoll,
    }),
  }
}

function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
