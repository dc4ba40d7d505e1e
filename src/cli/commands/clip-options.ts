import type { Argv } from 'yargs'
import { z } from 'zod'
import { EdgeError, type ClipsSpec, type OnnxEngineSpec } from '../../domain/index.ts'
import type { Args } from '../command.ts'

/** Flags of how events become clips and what is drawn beside them, shared by `onnx run` and `detect`. */
export const clipOptions = (yargs: Argv): Argv =>
  yargs
    .option('clip-mode', {
      choices: ['copy', 'exact'] as const,
      describe: 'begin at the keyframe before the event, or at the exact frame (copy)',
    })
    .option('redact', {
      type: 'string',
      describe: 'classes to put out of sight in all that is published, e.g. person,car',
    })
    .option('redact-heads', { type: 'boolean', describe: 'put the heads of people out of sight' })
    .option('redact-zone', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'a part of the picture to put out of sight: "0,0 0.3,0 0.3,0.5", repeatable',
    })
    .option('redact-method', { choices: ['blur', 'box'] as const, describe: 'how (blur)' })
    .option('preview', { type: 'boolean', describe: 'also a clip of each event with boxes and labels' })
    .option('contact-sheet', { type: 'boolean', describe: 'also a picture of each video’s events' })
    .option('timeline', { type: 'boolean', describe: 'also a picture of when each video’s events were' })

const Flags = z.looseObject({
  clipMode: z.enum(['copy', 'exact']).optional(),
  redact: z.string().optional(),
  redactHeads: z.boolean().optional(),
  redactZone: z.array(z.string()).optional(),
  redactMethod: z.enum(['blur', 'box']).optional(),
  preview: z.boolean().optional(),
  contactSheet: z.boolean().optional(),
  timeline: z.boolean().optional(),
})

/** `engine.clips` of what was said on the command line; nothing where nothing was said. */
export function clipsOf(args: Args): { clips?: z.input<typeof OnnxEngineSpec>['clips'] } {
  const flags = Flags.parse(args)
  const { clipMode, preview, contactSheet, timeline, redactMethod } = flags
  const classes = (flags.redact ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const zones = (flags.redactZone ?? []).map(parseZone)
  const hides = classes.length > 0 || zones.length > 0 || flags.redactHeads === true
  if (!hides && (flags.redact !== undefined || redactMethod !== undefined))
    throw new EdgeError(
      'usage',
      'nothing to redact is named: give --redact CLASSES, --redact-zone or --redact-heads',
    )
  const clips = {
    ...(clipMode === undefined ? {} : { mode: clipMode }),
    ...(hides
      ? {
          redact: {
            ...{ classes, zones, heads: flags.redactHeads === true },
            ...(redactMethod === undefined ? {} : { method: redactMethod }),
          },
        }
      : {}),
    ...(preview === undefined ? {} : { preview }),
    ...(contactSheet === undefined ? {} : { contactSheet }),
    ...(timeline === undefined ? {} : { timeline }),
  }
  return Object.keys(clips).length === 0 ? {} : { clips }
}

function parseZone(text: string): NonNullable<ClipsSpec['redact']>['zones'][number] {
  const points = text
    .trim()
    .split(/\s+/)
    .map((point) => point.split(',').map(Number))
  if (points.some((point) => point.length !== 2 || point.some((value) => !Number.isFinite(value))))
    throw new EdgeError(
      'usage',
      `“${text}” is no zone; write its corners as "x,y x,y x,y", each number 0 to 1`,
    )
  return points.map(([x = 0, y = 0]) => [x, y])
}
