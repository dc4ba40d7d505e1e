import { z } from 'zod'
import { ErrorBody, JobState, Labels } from '../domain/index.ts'
import { pageSize } from './paging.ts'

/** What the routes take in paths and queries. A query field that is not here is refused. */

export const JobParams = z.object({
  job: z
    .string()
    .regex(/^[0-9a-f-]{1,36}$/i)
    .meta({ description: 'job id, or its first characters' }),
})

export const NodeParams = z.object({
  node: z
    .string()
    .max(70)
    .regex(/^[^\p{C}/]+$/u)
    .meta({ description: 'node id, short id or name' }),
})

export const BlockParams = z.object({ cid: z.string().regex(/^[A-Za-z0-9]{8,128}$/) })

/** How every list that can grow is asked for. */
const page = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .meta({ description: `at most so many items; ${pageSize} unless told` }),
  cursor: z
    .string()
    .regex(/^[\w-]{1,1000}$/)
    .optional()
    .meta({ description: '`next` of the page before' }),
}
export const ListQuery = z.strictObject(page)

const list = z.union([z.string().transform((text) => [text]), z.array(z.string())])

export const JobsQuery = z.strictObject({
  state: list
    .transform((texts) => texts.flatMap((text) => text.split(',')))
    .pipe(z.array(JobState).max(20))
    .optional()
    .meta({ description: 'one state, or several with commas or repeated' }),
  label: list
    .pipe(z.array(z.string().regex(/^[A-Za-z0-9][^=]*=/, 'a label is given as key=value')))
    .transform((texts) => Object.fromEntries(texts.map((text) => splitLabel(text))))
    .pipe(Labels)
    .optional()
    .meta({ description: 'key=value; repeated: all must fit' }),
  before: z
    .string()
    .regex(/^[0-9a-f-]{1,36}$/i)
    .optional()
    .meta({ description: 'only jobs that are older than this one' }),
  ...page,
})

export const HistoryQuery = z.strictObject({
  after: z.coerce.number().int().min(0).optional().meta({ description: 'only entries with a larger seq' }),
  ...page,
})

export const LogsQuery = z.strictObject({
  follow: z.enum(['true', 'false', '']).optional().meta({ description: 'go on until the job is over' }),
  tail: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .optional()
    .meta({ description: 'only so many last lines' }),
  since: z.iso
    .datetime({ offset: true })
    .optional()
    .meta({ description: 'only lines printed then or later, e.g. 2026-11-25T08:00:00Z' }),
  execution: z
    .string()
    .regex(/^[0-9a-f-]{1,40}$/i)
    .optional()
    .meta({ description: 'execution id, or its first characters' }),
})

export const NoQuery = z.strictObject({})

export const IdempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'up to 200 printable characters without spaces')
    .optional()
    .meta({ description: 'any text of the caller’s that names this job' }),
})

export const LastEventHeader = z.object({
  'last-event-id': z
    .string()
    .regex(/^\d{1,15}$/, 'the id of an event of this stream')
    .optional()
    .meta({ description: 'the last `id` that was read: only history after it' }),
})

export const IfMatchHeader = z.object({
  'if-match': z.string().max(1000).optional().meta({
    description: 'the ETag of the job as it was seen, or its revision in double quotes: else 412',
  }),
})

/** The errors that every route can answer with. */
export const errorResponses = { '4xx': ErrorBody, '5xx': ErrorBody } as const

/** A response that is no JSON document: its media type, and what is in it. */
export function streamOf<M extends string, S extends z.ZodType>(
  mediaType: M,
  schema: S,
  description: string,
): { readonly description: string; readonly content: Readonly<Record<M, { readonly schema: S }>> } {
  return { description, content: { [mediaType]: { schema } } as Record<M, { schema: S }> }
}

function splitLabel(text: string): [string, string] {
  const at = text.indexOf('=')
  return [text.slice(0, at), text.slice(at + 1)]
}
