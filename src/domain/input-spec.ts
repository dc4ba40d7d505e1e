import { z } from 'zod'

const GiB = 1_073_741_824

/** A folder or file of the node itself. */
export const LocalDirectorySource = z.strictObject({
  type: z.literal('localDirectory'),
  path: z
    .string()
    .min(1)
    .max(4096)
    .regex(/^\//, 'an absolute path on the node, such as /videos')
    .meta({ description: 'absolute path on the node; the node must allow-list it' }),
  readWrite: z
    .boolean()
    .default(false)
    .meta({ description: 'the work may write to it, where the node allows that' }),
})

/** A file that the node fetches once, keeps in its cache, and gives to every job that names it. Public addresses only. */
export const UrlSource = z.strictObject({
  type: z.literal('url'),
  url: z
    .url({ protocol: /^https?$/, error: 'an http or https address' })
    .max(4096)
    .refine((text) => !/^[a-z]+:\/\/[^/]*@/i.test(text), 'must not hold a user or password')
    .meta({ description: 'http or https, a public address' }),
  sha256: z
    .string()
    .regex(/^[a-f0-9]{64}$/, '64 lower-case hexadecimal digits')
    .optional()
    .meta({ description: 'the file must have this SHA-256' }),
  maxBytes: z
    .int()
    .min(1)
    .max(1024 * GiB)
    .default(10 * GiB)
    .meta({ description: 'a larger file is refused' }),
  timeoutSeconds: z.number().min(1).max(86_400).default(3600).meta({ description: 'for the whole fetch' }),
})

/** What an earlier job published, `edge://JOB/path` on the command line. */
export const ResultSource = z.strictObject({
  type: z.literal('result'),
  job: z.string().min(1).max(64).meta({ description: 'id of a job whose results are on the requester' }),
  path: z
    .string()
    .max(4096)
    .refine((path) => !path.split('/').includes('..'), 'must not contain ..')
    .default('')
    .meta({ description: 'folder or file within each result; empty: everything' }),
})

export const InputSourceSpec = z.discriminatedUnion('type', [LocalDirectorySource, UrlSource, ResultSource])
export type InputSourceSpec = z.infer<typeof InputSourceSpec>
export type InputSourceType = InputSourceSpec['type']

export const InputSpec = z.strictObject({
  source: InputSourceSpec.meta({ description: 'where it comes from' }),
  target: z
    .string()
    .regex(/^\/[A-Za-z0-9._/-]{1,255}$/, 'an absolute path such as /videos')
    .refine((path) => !path.split('/').includes('..'), 'must not contain ..')
    .meta({ description: 'where the job sees it' }),
})
export type InputSpec = z.infer<typeof InputSpec>
