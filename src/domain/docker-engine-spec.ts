import { z } from 'zod'
import { ClipsSpec } from './clips-spec.ts'
import { SignificancePolicy } from './policy.ts'

const word = z.string().max(32_768)

/**
 * A container. With `policy`, label files (`labels/<stem>_<frame>.txt`) or a `detections.jsonl` that it leaves in its
 * outputs become events and clips (see `publish` of the job).
 */
export const DockerEngineSpec = z.strictObject({
  type: z.literal('docker'),
  image: z
    .string()
    .min(1)
    .max(512)
    .regex(
      /^[a-z0-9]([a-z0-9._:/-]*[a-z0-9])?(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[a-f0-9]{64})?$/,
      'an image reference such as ghcr.io/site/yolov5:v7 or name@sha256:...',
    )
    .meta({ description: 'present on the node, or pulled there' }),
  entrypoint: z
    .array(word)
    .min(1)
    .max(256)
    .optional()
    .meta({ description: 'in place of the image’s entrypoint' }),
  command: z
    .array(word)
    .max(1024)
    .default([])
    .meta({ description: 'arguments; in place of the image’s command' }),
  workingDirectory: z
    .string()
    .max(4096)
    .regex(/^\//, 'an absolute path in the container')
    .optional()
    .meta({ description: 'in place of the image’s working directory' }),
  policy: SignificancePolicy.optional().meta({
    description: 'what makes an event of what the container saw',
  }),
  clips: ClipsSpec.prefault({}).meta({ description: 'how events become clips' }),
})
export type DockerEngineSpec = z.infer<typeof DockerEngineSpec>
