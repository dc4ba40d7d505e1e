import { z } from 'zod'
import { CrossingDirection, SignificancePolicy } from './policy.ts'
import { Reason } from './reason.ts'

/**
 * The documents an `onnx` execution leaves in `outputs/`. All times are seconds of the file’s own presentation
 * time stamps (a file that begins at PTS 1.075 has its first event at 1.075 or later); scores are 0..1;
 * boxes are [xCentre, yCentre, width, height] in 0..1 of the picture.
 */
const seconds = z.number()
const score = z.number().min(0).max(1)

export const Interval = z.object({ startSeconds: seconds, endSeconds: seconds })
export type Interval = z.infer<typeof Interval>

export const Box = z.tuple([z.number(), z.number(), z.number(), z.number()])
export type Box = z.infer<typeof Box>

/** The time an object spent in a zone during an event: all stays together, and the longest. */
export const ZoneStay = z.object({
  zone: z.string(),
  enteredSeconds: seconds,
  totalSeconds: z.number(),
  longestSeconds: z.number(),
})
export type ZoneStay = z.infer<typeof ZoneStay>

export const Crossing = z.object({ line: z.string(), direction: CrossingDirection, seconds })
export type Crossing = z.infer<typeof Crossing>

/** How many objects crossed a line during an event, each way. */
export const LineCount = z.object({ line: z.string(), leftToRight: z.int(), rightToLeft: z.int() })
export type LineCount = z.infer<typeof LineCount>

/** What one object did during the event; `firstSeconds` and `lastSeconds` are of this visit. */
export const EventTrack = z.object({
  id: z.int(),
  class: z.string(),
  firstSeconds: seconds,
  lastSeconds: seconds,
  detections: z.int(),
  medianScore: score,
  peakScore: score,
  peakSeconds: seconds,
  peakBox: Box,
  displacement: z
    .number()
    .default(0)
    .meta({ description: 'furthest from where it began, as a share of the picture’s diagonal' }),
  zones: z.array(ZoneStay).default([]),
  crossings: z.array(Crossing).default([]),
  unconfirmed: z.literal(true).optional().meta({
    description: 'int8 found it, and float did not see it in any of the frames in which it was asked',
  }),
})
export type EventTrack = z.infer<typeof EventTrack>

/** Which part of a clip is encoded anew and not the source’s own packets. */
export const ClipEncoding = z.object({
  part: z.enum(['firstGop', 'whole']),
  codec: z.string(),
  why: z.string().optional().meta({ description: 'why the whole, where the first part was to be enough' }),
})

/** What was put out of sight in a clip, and how often. */
export const Redaction = z.object({
  what: z.array(z.enum(['classes', 'zones', 'heads'])),
  classes: z.array(z.string()),
  method: z.enum(['blur', 'box']),
  frames: z
    .int()
    .meta({ description: 'frames of the clip in which at least one region was put out of sight' }),
  framesInClip: z.int(),
})
export type Redaction = z.infer<typeof Redaction>

/** One significant interval of one source. `asked` is what the policy wants, `actual` what the clip holds. */
export const EdgeEvent = z.object({
  id: z.string().meta({ description: 'same on every run over the same footage, model and policy' }),
  source: z.string().meta({ description: 'the input’s target and the path below it, e.g. videos/gate.mp4' }),
  label: z.string(),
  asked: Interval,
  actual: Interval.nullable(),
  wallStart: z.string().nullable().meta({ description: 'ISO 8601, when the file says when it was recorded' }),
  classes: z.array(z.string()),
  tracks: z.array(EventTrack),
  peakScore: score,
  peakSeconds: seconds,
  zones: z.array(z.string()).default([]).meta({ description: 'zones that an object was in' }),
  lines: z.array(LineCount).default([]).meta({ description: 'lines that were crossed, with counts' }),
  clip: z.string().nullable(),
  thumbnail: z.string().nullable(),
  preview: z.string().optional().meta({ description: 'the clip with boxes and labels drawn in' }),
  encoding: ClipEncoding.optional().meta({ description: 'absent when the clip is a copy' }),
  redaction: Redaction.optional(),
  problem: Reason.optional().meta({ description: 'why clip or thumbnail is missing' }),
})
export type EdgeEvent = z.infer<typeof EdgeEvent>

export const ModelIdentity = z.object({ name: z.string(), sha256: z.string() })
export type ModelIdentity = z.infer<typeof ModelIdentity>

/** `events.json`: a function of footage, model and settings only; no clock, no speed, no host. */
export const EventsDocument = z.object({
  format: z.literal('edge/events/v1'),
  model: ModelIdentity,
  policy: SignificancePolicy,
  events: z.array(EdgeEvent),
})
export type EventsDocument = z.infer<typeof EventsDocument>

export const Gap = Interval.extend({ reason: Reason })
export type Gap = z.infer<typeof Gap>

/** Which frames were decoded and which of them the model saw; analysed, unchanged and agreed add up to those sampled. */
export const LedgerSampling = z.object({
  mode: z.enum(['dense', 'hold', 'keyframe']),
  reason: z.string().meta({ description: 'why this mode' }),
  framesPerSecond: z.number().nullable().meta({ description: 'sampled; null: every frame' }),
  chunks: z.int().meta({ description: 'pieces, cut at keyframes, that are decoded beside one another' }),
  decoding: z.object({
    skipLoopFilter: z.boolean(),
    leftOut: z.enum(['nothing', 'unreferenced', 'all but keyframes']),
  }),
  analysed: z.int().meta({ description: 'frames that the model saw' }),
  unchanged: z.int().meta({ description: 'frames that do not differ from one that the model saw' }),
  agreed: z.int().meta({ description: 'frames between two that show the same objects' }),
  sceneChanges: z.int().meta({ description: 'cuts, lights, moves of the camera; they are always looked at' }),
  batches: z
    .object({ runs: z.int(), mostFrames: z.int(), meanFrames: z.number() })
    .optional()
    .meta({ description: 'frames in one run of the model; absent where it takes one at a time' }),
})
export type LedgerSampling = z.infer<typeof LedgerSampling>

/** A provider failed in the middle of a file; the next analysed the frames that it still owed, and all later ones. */
export const ProviderChange = z.object({
  from: z.string(),
  to: z.string(),
  reason: z.string(),
  atSeconds: seconds.meta({ description: 'the frame that could not be analysed by `from`' }),
})
export type ProviderChange = z.infer<typeof ProviderChange>

/** Of objects that int8 found, what float called them (docs/precision.md). */
export const LedgerLabels = z.object({
  frames: z.int().meta({ description: 'frames that float saw as well' }),
  tracks: z.int().meta({ description: 'tracks that float was asked about' }),
  relabelled: z.int().meta({ description: 'those that it gave another class' }),
  unconfirmed: z.int().meta({ description: 'those that it never saw; they keep what int8 called them' }),
})
export type LedgerLabels = z.infer<typeof LedgerLabels>

/** Where the detections of a file come from when they were left by a container. */
export const LedgerDetections = z.object({
  from: z
    .array(z.string())
    .meta({ description: 'folders of label files, or detections.jsonl, below the outputs' }),
  frames: z.int().meta({ description: 'frames that are mentioned; in all others there is no object' }),
  boxes: z.int(),
  everyNthFrame: z.int().min(1).meta({ description: 'frames are mentioned at multiples of this only' }),
  isCounted: z.literal(true).optional().meta({
    description: 'label files are numbered by the frames that were looked at, as detect.py --vid-stride does',
  }),
})
export type LedgerDetections = z.infer<typeof LedgerDetections>

/** One file of footage: what was analysed and what was not; processed, gaps and outside add up to the duration. */
export const LedgerSource = z.object({
  source: z.string(),
  bytesIn: z.int(),
  bytesOut: z.int().meta({ description: 'clips, thumbnails and pictures' }),
  startSeconds: seconds,
  durationSeconds: seconds,
  frames: z.object({ inFile: z.int(), sampled: z.int(), withDetections: z.int() }),
  sampling: LedgerSampling.optional().meta({ description: 'absent when the file could not be read' }),
  precision: z.enum(['float', 'int8']).optional().meta({ description: 'what the model computed with' }),
  labels: LedgerLabels.optional().meta({
    description: 'absent where the model that found objects also named them',
  }),
  detections: LedgerDetections.optional().meta({
    description: 'what a container left of it; absent where a model of the node looked',
  }),
  keyframes: z.object({ count: z.int(), largestGapSeconds: seconds }),
  processed: z.array(Interval),
  gaps: z.array(Gap),
  outside: z.array(Interval).optional().meta({
    description: 'what the range that was asked for leaves out; absent where it leaves nothing out',
  }),
  continuation: z.object({ fromSeconds: seconds }).optional().meta({
    description:
      'the file was still being written: analysed from here on, its later part has whole what was open at its end',
  }),
  madeFrom: z
    .object({ fingerprint: z.string().optional(), analysis: z.string() })
    .optional()
    .meta({ description: 'hashes of the footage, and of the model and settings it was analysed with' }),
  events: z.int(),
  clips: z.int(),
  pictures: z
    .object({ contactSheet: z.string().optional(), timeline: z.string().optional() })
    .optional()
    .meta({ description: 'what was asked for and made of this source as a whole' }),
  problems: z.array(Reason).optional().meta({
    description: 'damage that left no gap in time, and why a picture that was asked for is missing',
  }),
  providerChanges: z.array(ProviderChange).optional().meta({
    description:
      'scores may differ in their last digits between providers, so a run without the change may too',
  }),
  elapsedSeconds: seconds,
})
export type LedgerSource = z.infer<typeof LedgerSource>

/** Which execution provider began the run, why this one, which were passed over, and options that it does not know. */
export const ProviderRecord = z.object({
  name: z.string(),
  reason: z.string(),
  refused: z.array(z.object({ name: z.string(), reason: z.string() })).default([]),
  notes: z.array(z.string()).default([]),
})
export type ProviderRecord = z.infer<typeof ProviderRecord>

/** `ledger.json`: what was done, by what, how fast. */
export const LedgerDocument = z.object({
  format: z.literal('edge/ledger/v1'),
  model: ModelIdentity,
  provider: ProviderRecord,
  settings: z.record(z.string(), z.unknown()),
  sources: z.array(LedgerSource),
  problems: z.array(Reason).optional().meta({
    description: 'what was wrong with detections that a container left, beyond one source',
  }),
  totals: z.object({
    sources: z.int(),
    bytesIn: z.int(),
    bytesOut: z.int(),
    footageSeconds: seconds,
    processedSeconds: seconds,
    gapSeconds: seconds,
    outsideSeconds: seconds.optional(),
    framesSampled: z.int(),
    events: z.int(),
    clips: z.int(),
    elapsedSeconds: seconds,
  }),
})
export type LedgerDocument = z.infer<typeof LedgerDocument>
