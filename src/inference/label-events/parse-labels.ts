import type { Detection } from '../detector/index.ts'

/** Boxes are rounded to whole pixels where they are written, and may reach a little beyond the picture. */
const beyond = 0.01
const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

/**
 * One line of a label file, `class xc yc w h [score]`, with places in 0..1 of the picture; a score that is not told is 1.
 * A sentence that says what is wrong where it is none.
 */
export function parseLabelLine(line: string): Detection | string {
  const fields = line.trim().split(/\s+/, 8)
  if (fields.length !== 5 && fields.length !== 6)
    return `has ${fields.length > 7 ? 'more than 7' : fields.length} fields, not class, xc, yc, w, h and perhaps a score`
  if (!fields.every((field) => field.length <= 32 && number.test(field))) return 'has what is no number'
  const [classId, x, y, w, h, score = 1] = fields.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number?,
  ]
  if (!Number.isInteger(classId) || classId < 0 || classId > 9999)
    return 'has a class that is none of 0 to 9999'
  const problem = boxProblem([x, y, w, h])
  if (problem !== undefined) return problem
  if (!(score >= 0 && score <= 1)) return 'has a score that is not within 0 and 1'
  return { classId, score, box: [x, y, w, h] }
}

/** Why a box is none of the picture; undefined when it is. */
export function boxProblem([x, y, w, h]: Detection['box']): string | undefined {
  const isWithin = (value: number): boolean => value >= -beyond && value <= 1 + beyond
  if (![x, y].every(isWithin)) return 'has a centre that is outside the picture (0..1)'
  if (!(w >= 0 && h >= 0) || ![w, h].every(isWithin)) return 'has a size that is not within 0 and 1'
  return undefined
}
