import { z } from 'zod'
import { Box, problemsOf } from '../../domain/index.ts'
import { ClassNames } from './class-registry.ts'
import { boxProblem } from './parse-labels.ts'

/** The first line of a detections.jsonl, if it has any to say: names of the class numbers. */
export const LinesHeader = z.strictObject({ names: ClassNames })

const className = z.string().min(1).max(64)

/** An object in a frame; `box` is [xCentre, yCentre, width, height] in 0..1 of the picture, as in events.json. */
const LeftDetection = z
  .strictObject({
    class: className.optional().meta({ description: 'its name' }),
    classId: z.int().min(0).max(9999).optional().meta({ description: 'or its number' }),
    score: z.number().min(0).max(1).default(1),
    box: Box.superRefine((box, context) => {
      const problem = boxProblem(box)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
    }),
  })
  .refine((one) => (one.class === undefined) !== (one.classId === undefined), {
    message: 'names its class by class or by classId, one of them',
  })

/**
 * A line of a detections.jsonl: what was seen in one frame. `source` is the video as in events.json, the end of that, or
 * its name with or without extension; the frame is told by its number in the file, from 1, or by its time, PTS.
 */
export const DetectionLine = z
  .strictObject({
    source: z.string().min(1).max(4096),
    frame: z.int().min(1).max(999_999_999).optional(),
    seconds: z.number().optional(),
    detections: z.array(LeftDetection).max(10_000),
  })
  .refine((line) => (line.frame === undefined) !== (line.seconds === undefined), {
    message: 'tells the frame by frame or by seconds, one of them',
  })
export type DetectionLine = z.infer<typeof DetectionLine>

export type ParsedLine =
  | { readonly kind: 'header'; readonly header: z.infer<typeof LinesHeader> }
  | { readonly kind: 'frame'; readonly line: DetectionLine }
  | { readonly kind: 'problem'; readonly problem: string }

/** One line of a detections.jsonl; only the first may be a header. */
export function parseDetectionLine(text: string, isFirst: boolean): ParsedLine {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // where exactly a parser stumbled says nothing that the line’s number does not
    return { kind: 'problem', problem: 'is no JSON' }
  }
  const header = isFirst ? LinesHeader.safeParse(value) : undefined
  if (header?.success === true) return { kind: 'header', header: header.data }
  const line = DetectionLine.safeParse(value)
  if (line.success) return { kind: 'frame', line: line.data }
  const [first] = problemsOf(line.error)
  const problem = first === undefined ? 'cannot be read' : `${first.path}: ${first.message}`
  return { kind: 'problem', problem: problem.slice(0, 300) }
}
