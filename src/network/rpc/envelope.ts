import { z } from 'zod'
import { EdgeError } from '../../domain/index.ts'
import type { ErrorData } from '../../domain/index.ts'

/** The first and only frame of a caller. */
export const RequestFrame = z.strictObject({ method: z.string().min(1).max(64), request: z.unknown() })
export type RequestFrame = z.infer<typeof RequestFrame>

const maxMessageLength = 4000

/** An error on the wire; a code that this version does not know is kept until EdgeError.fromData. */
const WireError = z.object({
  code: z.string().max(64),
  message: z.string().max(maxMessageLength),
  retryable: z.boolean(),
  hint: z.string().max(maxMessageLength),
  details: z.record(z.string(), z.unknown()).optional(),
})

/** A frame of the answering end: one value, an error, or (after the values of a stream) the end. */
export const AnswerFrame = z.union([
  z.strictObject({ ok: z.literal(true), value: z.unknown() }),
  z.strictObject({ ok: z.literal(false), error: WireError }),
  z.strictObject({ end: z.literal(true) }),
])
export type AnswerFrame = z.infer<typeof AnswerFrame>

/** Parses, or throws `rpc_protocol` that names what was wrong and where. */
export function parseOrThrow<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.infer<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join('.') || '(whole)'}: ${message}`)
  throw new EdgeError('rpc_protocol', `${what} breaks its schema: ${problems.join('; ')}`.slice(0, 2000))
}

/** An error as data that fits the wire. */
export function toWire(error: EdgeError): ErrorData {
  const data = error.toJSON()
  return {
    ...data,
    message: data.message.slice(0, maxMessageLength),
    hint: data.hint.slice(0, maxMessageLength),
  }
}
