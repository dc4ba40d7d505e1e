import { z } from 'zod'
import { EdgeError } from '../../../domain/index.ts'

/** The wire of docs/sidecar.md, version 1. */
export const protocolVersion = 1

/** A message begins with these twelve bytes: magic, version, kind, two zeros, length of the rest (little endian). */
const headerBytes = 12
const magic = Buffer.from('EDSC')

const kinds = { hello: 1, ready: 2, frame: 3, boxes: 4, error: 5, bye: 6 } as const
export type MessageKind = keyof typeof kinds

/** More than this no sidecar has to say in one message: 4096 boxes are 300 KB of JSON. */
export const longestAnswer = 2 ** 20

export interface Message {
  readonly kind: MessageKind
  readonly body: Buffer
}

export const Ready = z.object({
  name: z.string().min(1).max(100),
  classes: z.array(z.string().min(1).max(100)).min(1).max(10_000),
  input: z.object({
    width: z.int().min(32).max(4096),
    height: z.int().min(32).max(4096),
    format: z.enum(['rgb24', 'bgr24']),
  }),
})
export type Ready = z.infer<typeof Ready>

/** left, top, right, bottom in pixels of the input, score, number of the class. */
export const WireBox = z.tuple([
  z.number().min(-10_000).max(20_000),
  z.number().min(-10_000).max(20_000),
  z.number().min(-10_000).max(20_000),
  z.number().min(-10_000).max(20_000),
  z.number().min(0).max(1),
  z.int().min(0),
])
export type WireBox = z.infer<typeof WireBox>

export const Boxes = z.object({ id: z.int(), boxes: z.array(WireBox).max(4096) })
export const Complaint = z.object({ id: z.int().optional(), message: z.string() })

/** The bytes of a message; `pixels` follow the JSON of a frame, whose length then goes before it. */
export function encode(kind: MessageKind, json: object, pixels?: Uint8Array): readonly Uint8Array[] {
  const text = Buffer.from(JSON.stringify(json))
  const parts: Uint8Array[] = pixels === undefined ? [text] : [lengthOf(text), text, pixels]
  const header = Buffer.alloc(headerBytes)
  magic.copy(header)
  header.writeUInt8(protocolVersion, 4)
  header.writeUInt8(kinds[kind], 5)
  header.writeUInt32LE(
    parts.reduce((sum, part) => sum + part.length, 0),
    8,
  )
  return [header, ...parts]
}

function lengthOf(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  return length
}

/**
 * The messages in a stream of bytes. Holds one message at most; throws `engine_crashed` that says what was found where a
 * message is none, or longer than `longestAnswer`, before any of it is kept.
 */
export async function* decode(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Message, void, undefined> {
  let held = Buffer.alloc(0)
  for await (const chunk of chunks) {
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk])
    for (;;) {
      refuseOther(held)
      if (held.length < headerBytes) break
      const { kind, length } = readHeader(held)
      if (held.length < headerBytes + length) break
      yield { kind, body: held.subarray(headerBytes, headerBytes + length) }
      held = held.subarray(headerBytes + length)
    }
  }
  if (held.length > 0) throw broken(`it ended in the middle of a message, after ${held.length} bytes`)
}

/** Told at the first byte that does not fit, for what follows it may never come. */
function refuseOther(held: Buffer): void {
  const seen = held.subarray(0, magic.length)
  if (seen.equals(magic.subarray(0, seen.length))) return
  const shown = held
    .subarray(0, 40)
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, '.')
  throw broken(`its output is no message of the protocol: “${shown}”`)
}

function readHeader(held: Buffer): { kind: MessageKind; length: number } {
  const [version, code, length] = [held.readUInt8(4), held.readUInt8(5), held.readUInt32LE(8)]
  if (version !== protocolVersion) throw broken(`it speaks version ${version}, not ${protocolVersion}`)
  const kind = (Object.keys(kinds) as MessageKind[]).find((name) => kinds[name] === code)
  if (kind === undefined) throw broken(`it sent a message of the unknown kind ${code}`)
  if (length > longestAnswer)
    throw broken(`it announced a message of ${length} bytes; ${longestAnswer} are the most`)
  return { kind, length }
}

/** The JSON of a message by its schema. Throws `engine_crashed`. */
export function parseBody<T>(schema: z.ZodType<T>, { kind, body }: Message): T {
  let json: unknown
  try {
    json = JSON.parse(body.toString('utf8'))
  } catch {
    throw broken(`its ${kind} message is not JSON`)
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw broken(`its ${kind} message is wrong at ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
}

/** What is wrong with a sidecar, as an error. */
export function broken(what: string, cause?: unknown): EdgeError {
  return new EdgeError('engine_crashed', `the detector sidecar failed: ${what}`, {
    hint: 'See what it printed in the log, and docs/sidecar.md; the setting is detectorSidecar.',
    ...(cause === undefined ? {} : { cause }),
  })
}
