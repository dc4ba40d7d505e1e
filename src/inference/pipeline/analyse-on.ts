import type { VideoSource } from './fragment.ts'
import type { Fragment } from './fragment.ts'
import { analyseVideo } from './analyse-video.ts'
import type { AnalyseVideoOptions } from './analyse-video.ts'
import type { Analysis } from './analysis.ts'
import { earlierPart, joinParts, restOf } from './continuation.ts'

/** Analyses one file, or what an earlier run has not analysed of it where that run told how to go on. */
export async function analyseOn(
  source: VideoSource,
  earlier: Fragment | undefined,
  analysis: Analysis,
  options: AnalyseVideoOptions,
): Promise<Fragment> {
  const { settings, log } = analysis
  const part = earlier === undefined ? undefined : await earlierPart(earlier, source.path, settings)
  if (earlier === undefined || part === undefined) return analyseVideo(source, analysis, options)
  const range = restOf(part, settings.range)
  const rest = await analyseVideo(
    source,
    { ...analysis, settings: { ...settings, range } },
    { ...options, earlier: part },
  )
  const whole = await joinParts(earlier, part, rest, { ...analysis, video: options.video })
  if (whole !== undefined) return whole
  log.warn(
    { source: source.source, gaps: rest.ledger.gaps },
    'the rest of the file could not be read; it stays as it was',
  )
  return earlier
}
