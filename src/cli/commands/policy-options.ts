import type { Argv } from 'yargs'
import { z } from 'zod'
import {
  EdgeError,
  OnnxEngineSpec,
  checkPolicy,
  specInvalid,
  type ProviderOptions,
  type SignificancePolicy,
} from '../../domain/index.ts'
import type { Args } from '../command.ts'
import { readDocument } from '../read-document.ts'

/** Flags of the detector and of what makes an event, shared by `onnx run`, `detect` and `events`. */
export const policyOptions = (yargs: Argv): Argv =>
  yargs
    .option('model', {
      type: 'string',
      describe: 'official or imported name, or path of a .pt or .onnx file on the node (yolov5n)',
    })
    .option('imgsz', {
      alias: ['img', 'img-size'],
      type: 'number',
      array: true,
      nargs: 1,
      describe: 'longer side of frames in pixels, a multiple of the model’s stride (640; P6 models 1280)',
    })
    .option('policy', {
      type: 'string',
      describe: 'YAML or JSON file that says what makes an event (docs/policies.md); flags go before it',
    })
    .option('classes', { type: 'string', describe: 'only these classes, comma separated, e.g. person,dog' })
    .option('mode', {
      choices: OnnxEngineSpec.shape.mode.unwrap().options,
      describe: 'which frames the model sees: auto, dense, hold or keyframe (auto; docs/modes.md)',
    })
    .option('sample-fps', {
      type: 'number',
      describe: 'frames sampled per second of footage (5; dense: every frame)',
    })
    .option('conf', { type: 'number', describe: 'detections below this score begin no track (0.25)' })
    .option('iou', { type: 'number', describe: 'overlap above which one of two boxes is kept (0.45)' })
    .option('provider', {
      type: 'string',
      describe: 'execution provider: auto, cpu, cuda, ...; cuda,cpu falls back from one to the next (auto)',
    })
    .option('device', { type: 'number', describe: 'number of the accelerator, for cuda and tensorrt (0)' })
    .option('half', { type: 'boolean', describe: 'half precision, where the provider offers it' })
    .option('engine-cache', { type: 'boolean', describe: 'keep TensorRT’s engines for the next run' })
    .option('batch', {
      type: 'number',
      describe: 'frames in one run of the model (accelerators: 8, above 640x640 pixels 2; cpu: 1)',
    })
    .option('precision', {
      choices: OnnxEngineSpec.shape.precision.unwrap().options,
      describe: 'what the model computes with: float, int8 or auto (auto; docs/precision.md)',
    })
    .option('min-score', { type: 'number', describe: 'least median score of a track (0.4)' })
    .option('min-duration', { type: 'number', describe: 'least seconds that a track lasts (0.6)' })
    .option('merge-gap', { type: 'number', describe: 'events closer than so many seconds become one (3)' })
    .option('pre-roll', { type: 'number', describe: 'seconds before an event (1)' })
    .option('post-roll', { type: 'number', describe: 'seconds after an event (1)' })

const Flags = z.looseObject({
  model: z.string().optional(),
  imgsz: z.array(z.number()).optional(),
  policy: z.string().optional(),
  classes: z.string().optional(),
  mode: OnnxEngineSpec.shape.mode.unwrap().optional(),
  sampleFps: z.number().optional(),
  conf: z.number().optional(),
  iou: z.number().optional(),
  provider: z.string().optional(),
  device: z.number().optional(),
  half: z.boolean().optional(),
  engineCache: z.boolean().optional(),
  batch: z.number().optional(),
  precision: OnnxEngineSpec.shape.precision.unwrap().optional(),
  minScore: z.number().optional(),
  minDuration: z.number().optional(),
  mergeGap: z.number().optional(),
  preRoll: z.number().optional(),
  postRoll: z.number().optional(),
})

type Given<T> = { -readonly [K in keyof T]?: T[K] }

/**
 * What was said on the command line and, where that says nothing, in the file that `--policy` names; the rest is left
 * to the schema’s defaults. Ranges of flags are checked with the spec. Throws `spec_invalid` with every problem of the
 * file, `usage` for two image sizes, and what `readDocument` throws.
 */
export async function policyOf(args: Args): Promise<{
  engine: Given<Omit<OnnxEngineSpec, 'type' | 'policy'>>
  policy: Given<SignificancePolicy>
}> {
  const flags = Flags.parse(args)
  return {
    engine: given({
      model: flags.model,
      mode: flags.mode,
      imageSize: longerSide(flags.imgsz),
      sampleFps: flags.sampleFps,
      scoreThreshold: flags.conf,
      iouThreshold: flags.iou,
      provider: providerOf(flags.provider),
      providerOptions: optionsOf(flags),
      precision: flags.precision,
    }),
    policy: {
      ...(flags.policy === undefined ? {} : await readPolicy(flags.policy)),
      ...policyFlags(flags),
    },
  }
}

/** `cuda,cpu` is a list, a name alone a name; which there are the schema says. */
function providerOf(flag: string | undefined): OnnxEngineSpec['provider'] | undefined {
  const names = flag?.split(',').map((name) => name.trim())
  return (names === undefined || names.length > 1 ? names : names[0]) as
    OnnxEngineSpec['provider'] | undefined
}

function optionsOf(flags: z.infer<typeof Flags>): ProviderOptions | undefined {
  const { device, half, engineCache, batch } = flags
  if ([device, half, engineCache, batch].every((flag) => flag === undefined)) return undefined
  return { deviceId: device, fp16: half ?? false, engineCache: engineCache ?? false, batch }
}

function longerSide(sizes: readonly number[] = []): number | undefined {
  const [first, ...more] = sizes
  if (more.length > 0)
    throw new EdgeError('usage', `--imgsz ${sizes.join(' ')}: events take one number, the longer side`)
  return first
}

/** The policy in a file. Throws `spec_invalid` that names the file and every problem in it. */
async function readPolicy(file: string): Promise<SignificancePolicy> {
  const checked = checkPolicy(await readDocument(file))
  if (checked.ok) return checked.value
  throw specInvalid(checked.problems.map((problem) => ({ ...problem, path: `${file}: ${problem.path}` })))
}

function policyFlags(flags: z.infer<typeof Flags>): Given<SignificancePolicy> {
  return given({
    classes: flags.classes
      ?.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
    minScore: flags.minScore,
    minDurationSeconds: flags.minDuration,
    mergeGapSeconds: flags.mergeGap,
    preRollSeconds: flags.preRoll,
    postRollSeconds: flags.postRoll,
  })
}

function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
