import { z } from 'zod'

/** The parts of a job spec that say how work may run, whatever the engine. */

const day = 86_400
const seconds = z
  .number()
  .min(1)
  .max(365 * day)

/** Environment of the work. `{{.NodeName}}` and the other words of templates.ts are filled in on the node. */
export const Environment = z.record(
  z
    .string()
    .max(256)
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'letters, digits and _'),
  z.string().max(32_768),
)
export type Environment = z.infer<typeof Environment>

/** Which network the work sees. `http`: only the named domains, through a proxy of the node. */
export const NetworkSpec = z.strictObject({
  mode: z
    .enum(['none', 'http', 'full'])
    .default('none')
    .meta({ description: 'http: the named domains only' }),
  domains: z
    .array(
      z
        .string()
        .max(253)
        .regex(/^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'a host name, or *.example.org'),
    )
    .max(64)
    .default([])
    .meta({ description: 'of mode http: hosts, or *.example.org' }),
})
export type NetworkSpec = z.infer<typeof NetworkSpec>

/** A folder in the container whose content becomes `<name>/` of the result. */
export const OutputSpec = z.strictObject({
  name: z
    .string()
    .max(63)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, . _ -')
    .refine((name) => !['stdout', 'stderr', 'exitCode', 'raw'].includes(name), 'is a name that results use')
    .meta({ description: 'folder of the result' }),
  path: z
    .string()
    .regex(/^\/[A-Za-z0-9._/-]{1,255}$/, 'an absolute path such as /outputs')
    .refine((path) => !path.split('/').includes('..'), 'must not contain ..')
    .meta({ description: 'folder of the container' }),
})
export type OutputSpec = z.infer<typeof OutputSpec>

/** What one execution may use of a node. */
export const ResourcesSpec = z.strictObject({
  cpu: z.number().min(0.01).max(1024).default(1).meta({ description: 'cores' }),
  memoryBytes: z.int().min(1_048_576).default(536_870_912).meta({ description: 'of one execution' }),
  diskBytes: z
    .int()
    .min(0)
    .default(0)
    .meta({ description: 'of outputs and scratch; 0: the node’s own limit' }),
  gpu: z.int().min(0).max(64).default(0).meta({ description: 'accelerators, whole ones' }),
  gpuVendor: z.enum(['nvidia', 'amd', 'intel']).optional().meta({ description: 'left out: any' }),
  devices: z
    .array(
      z
        .string()
        .max(32)
        .regex(/^[a-z0-9][a-z0-9-]*$/, 'a device class such as coral'),
    )
    .max(16)
    .default([])
    .meta({ description: 'device classes that the node’s owner offers, e.g. coral' }),
})
export type ResourcesSpec = z.infer<typeof ResourcesSpec>

export const TimeoutsSpec = z.strictObject({
  queueSeconds: seconds.default(day).meta({ description: 'how long the job may wait for nodes' }),
  executionSeconds: seconds.default(7 * day).meta({ description: 'running time of one execution' }),
  totalSeconds: seconds.optional().meta({ description: 'the whole job, from its submission' }),
})

export const RetriesSpec = z.strictObject({
  infrastructure: z
    .int()
    .min(0)
    .max(100)
    .default(3)
    .meta({ description: 'after a failure that is not the work’s own' }),
  workload: z.int().min(0).max(100).default(0).meta({ description: 'after an exit code other than 0' }),
})

export const DisconnectSpec = z.strictObject({
  tolerateSeconds: seconds.default(7 * day).meta({ description: 'a node may be silent for so long' }),
})
