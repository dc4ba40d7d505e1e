import type { EdgeEvent, Gap, Interval, LedgerSource, Reason } from '../../domain/index.ts'
import { writeJpeg } from '../../media/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { replaceFile } from '../../utils/whole-file.ts'
import { contactSheet, timelineSvg } from '../clips/index.ts'
import { sourceFolder } from '../events/index.ts'
import { redactorFor } from './cut-event.ts'
import type { Footage } from './cut-event.ts'
import { attempt, placeFor, relativeName } from './outputs.ts'

/** The pictures of one file as a whole, as its line of the ledger tells them. */
export interface DrawnSource {
  readonly pictures: LedgerSource['pictures']
  readonly problems: readonly Reason[]
  readonly bytes: number
}

export interface SourceFindings {
  readonly source: string
  readonly footage: Interval
  readonly events: readonly EdgeEvent[]
  readonly gaps: readonly Gap[]
}

/** Draws the contact sheet and the time line of a file where they were asked for. Only an abort throws. */
export async function drawSource(
  found: SourceFindings,
  footage: Footage,
  options: Abortable,
): Promise<DrawnSource> {
  const { clips, log, outputsDir } = footage
  if (!clips.contactSheet && !clips.timeline) return { pictures: undefined, problems: [], bytes: 0 }
  const context = { about: { source: found.source }, log, signal: options.signal }
  const sheet = clips.contactSheet
    ? await attempt('contact sheet', context, () => drawSheet(found, footage, options))
    : {}
  const timeline = clips.timeline
    ? await attempt('timeline', context, () => drawTimeline(found, outputsDir))
    : {}
  return {
    pictures: {
      ...(sheet.value === undefined ? {} : { contactSheet: sheet.value.path }),
      ...(timeline.value === undefined ? {} : { timeline: timeline.value.path }),
    },
    problems: [sheet.problem, timeline.problem].filter((problem) => problem !== undefined),
    bytes: (sheet.value?.bytes ?? 0) + (timeline.value?.bytes ?? 0),
  }
}

interface Drawn {
  readonly path: string
  readonly bytes: number
}

async function drawSheet(found: SourceFindings, footage: Footage, options: Abortable): Promise<Drawn> {
  const { tools, outputsDir, path, video } = footage
  const redactor = redactorFor(footage, found.footage)
  const picture = await contactSheet(
    tools,
    { ...found, path, video, redact: redactor?.paint.bind(redactor) },
    options,
  )
  const output = await placeFor(outputsDir, 'sheets', `${sourceFolder(found.source)}.jpg`)
  const bytes = await writeJpeg(tools, picture, output, options)
  return { path: relativeName(outputsDir, output), bytes }
}

async function drawTimeline(found: SourceFindings, outputsDir: string): Promise<Drawn> {
  const svg = timelineSvg(found)
  const output = await placeFor(outputsDir, 'timelines', `${sourceFolder(found.source)}.svg`)
  await replaceFile(output, svg)
  return { path: relativeName(outputsDir, output), bytes: Buffer.byteLength(svg) }
}
