import type { Interval } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { argumentsOf, copyingInput, readingCommand, seekTo } from './command.ts'
import { FramecrcReader } from './framecrc.ts'
import type { MediaTools } from './media-tools.ts'
import { runToEnd } from './run-to-end.ts'

/** Where a copy begins: the options that make ffmpeg seek there, and the PTS of the keyframe it then begins with. */
export interface ClipStart {
  readonly seek: readonly string[]
  readonly seconds: number
}

interface Footage {
  readonly source: string
  readonly keyframeSeconds: readonly number[]
  readonly asked: Interval
}

/** libavformat seeks by PTS or by DTS as the container has it; for DTS ffmpeg takes this off the time it was given. */
const reorderAllowance = 3 / 23

/** A little more than the keyframe's time, which went through decimal notation. */
const exactly = 0.001

/**
 * Finds out how to make ffmpeg begin with the last keyframe at or before the asked start. Where a seek lands depends on
 * container, index and version, so each try is really made, for one packet. The best landing that is not too late wins;
 * undefined when not even the file's begin gives a packet.
 */
export async function findClipStart(
  tools: MediaTools,
  { source, keyframeSeconds, asked }: Footage,
  options: Abortable = {},
): Promise<ClipStart | undefined> {
  const earlier = keyframeSeconds.filter((seconds) => seconds <= asked.startSeconds + 1e-6)
  const keyframe = earlier.at(-1)
  let best: ClipStart | undefined
  for (const target of keyframe === undefined ? [] : targets(keyframe, earlier.at(-2))) {
    const seek = seekTo(target)
    const seconds = await landing(tools, { source, seek }, options)
    if (seconds === undefined || seconds > asked.startSeconds + 1e-6) continue
    if (best === undefined || seconds > best.seconds) best = { seek, seconds }
    if (keyframe !== undefined && seconds >= keyframe - 0.002) return best
  }
  if (best !== undefined) return best
  const seconds = await landing(tools, { source, seek: [] }, options)
  return seconds === undefined ? undefined : { seek: [], seconds }
}

/** Where a seek to the last keyframe at or before `seconds` should land; undefined when there is no such keyframe. */
export function likelyStart(keyframeSeconds: readonly number[], seconds: number): ClipStart | undefined {
  const keyframe = keyframeSeconds.filter((at) => at <= seconds + 1e-6).at(-1)
  return keyframe === undefined ? undefined : { seek: seekTo(keyframe + exactly), seconds: keyframe }
}

function targets(keyframe: number, before: number | undefined): readonly number[] {
  const exact = keyframe + exactly
  const previous = before === undefined ? [] : [before + exactly, before + exactly + reorderAllowance]
  return [
    exact,
    exact + reorderAllowance,
    keyframe - 0.25,
    keyframe - 1,
    keyframe - 4,
    ...previous,
    keyframe - 30,
  ]
}

/** The PTS of the first packet that a copy with these seek options would begin with. */
async function landing(
  tools: MediaTools,
  { source, seek }: { readonly source: string; readonly seek: readonly string[] },
  { signal }: Abortable,
): Promise<number | undefined> {
  let first: number | undefined
  const reader = new FramecrcReader((seconds) => {
    first ??= seconds
  })
  const command = readingCommand(source, copyingInput(seek))
    .output('pipe:1')
    .outputOptions(['-map', '0:V:0', '-c', 'copy', '-frames:v', '1', '-f', 'framecrc'])
  await runToEnd({
    program: tools.ffmpeg.path,
    args: argumentsOf(command),
    stallMs: 60_000,
    maxBytes: 1e6,
    signal,
    onLine: (line) => {
      reader.line(line)
    },
  })
  return first
}
