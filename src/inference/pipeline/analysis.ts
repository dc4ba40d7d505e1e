import { createHash } from 'node:crypto'
import { EdgeError } from '../../domain/index.ts'
import type { ClipsSpec, TimeRange } from '../../domain/index.ts'
import type { MediaTools } from '../../media/index.ts'
import type { Log } from '../../ports/index.ts'
import { closest } from '../../utils/closest.ts'
import type { Detector, ProviderChoice } from '../detector/index.ts'
import { settingsKey } from '../events/index.ts'
import type { AnalysisSettings } from '../events/index.ts'
import type { Model } from '../model/index.ts'
import { similarClassIds } from '../second-look/index.ts'

/** Everything that is the same for all files of one run. */
export interface Analysis {
  readonly tools: MediaTools
  readonly model: Model
  readonly detector: Detector
  /** The float model, where `detector` runs in int8 and it matters what objects are called. */
  readonly labeller?: Detector | undefined
  readonly settings: AnalysisSettings & { readonly clips: ClipsSpec; readonly range?: TimeRange | undefined }
  readonly outputsDir: string
  /** Pieces of a file that are decoded beside one another. */
  readonly lanes: number
  readonly log: Log
}

/** One text for runs that must find the same in the same file. */
export function analysisKey(model: Model, provider: ProviderChoice, settings: Analysis['settings']): string {
  const { sha256 } = model.identity
  const { clips, range } = settings
  const parts: unknown[] = [
    ...[sha256, model.reading, provider.name, settingsKey(settings), JSON.stringify(clips)],
    ...(labelsMatter(model, settings) ? [labelling] : []),
  ]
  // Left out when it was left out: what was kept before there were ranges stays good.
  if (range !== undefined) parts.push([range.fromSeconds ?? null, range.toSeconds ?? null])
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** Tells events whose labels come from float from those of int8 alone; another number when others come out. */
const labelling = 'labelled 1'

/** Whether objects that int8 found are to be called what float calls them: where there is more than one name for them. */
export function labelsMatter(model: Model, { policy }: Pick<Analysis['settings'], 'policy'>): boolean {
  return model.hasInt8 && (policy.classes.length > 0 || model.classes.length > 1)
}

/** What a model computes footage of this size with, on this provider. */
export function precisionFor(model: Model, provider: ProviderChoice, size: Size): 'float' | 'int8' {
  return model.graphFor(model.shapeFor(size), { isFloat: provider.name !== 'cpu' }).precision
}

/**
 * One text for models that find the same in footage of this size: the file’s SHA-256, and for int8 also its ranges and
 * where labels come from.
 */
export function modelKey(
  { model, detector, settings }: Pick<Analysis, 'model' | 'detector' | 'settings'>,
  size: Size,
): string {
  const { identity, reading } = model
  if (precisionFor(model, detector.provider, size) === 'float') return identity.sha256
  return [identity.sha256, reading, ...(labelsMatter(model, settings) ? [labelling] : [])].join(' ')
}

interface Size {
  readonly width: number
  readonly height: number
}

/**
 * The ids to look for: those the policy names, and those that must be put out of sight; undefined when that is all.
 * Throws `spec_invalid` for names that the model does not know.
 */
export function lookedForClassIds(
  { policy, clips }: Pick<Analysis['settings'], 'policy' | 'clips'>,
  model: Model,
): readonly number[] | undefined {
  const { redact } = clips
  const hidden = [...(redact?.classes ?? []), ...(redact?.heads === true ? ['person'] : [])]
  const wanted = wantedClassIds(policy.classes, model)
  const toHide = wantedClassIds(hidden, model) ?? []
  return wanted === undefined ? undefined : [...new Set([...wanted, ...toHide])].sort((a, b) => a - b)
}

/** The ids that a detector is to look for: where float has the last word, also those that it may have meant. */
export function detectedClassIds(
  settings: Analysis['settings'],
  model: Model,
): readonly number[] | undefined {
  const lookedFor = lookedForClassIds(settings, model)
  if (lookedFor === undefined || !labelsMatter(model, settings)) return lookedFor
  const similar = similarClassIds(wantedClassIds(settings.policy.classes, model), model.classes) ?? []
  return [...new Set([...lookedFor, ...similar])].sort((a, b) => a - b)
}

/**
 * The ids of the classes that a policy names; undefined when it names none and so wants all. Throws `spec_invalid` for
 * names that the model does not know, with what was probably meant.
 */
export function wantedClassIds(names: readonly string[], model: Model): readonly number[] | undefined {
  if (names.length === 0) return undefined
  const { classes } = model
  const unknown = names.filter((name) => !classes.includes(name))
  if (unknown.length > 0) {
    const described = unknown.map((name) => {
      const suggestion = closest(name, classes)
      return `“${name}”${suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`}`
    })
    throw new EdgeError(
      'spec_invalid',
      `the model ${model.identity.name} does not know ${described.join(', ')}`,
      {
        hint: `It knows: ${classes.slice(0, 100).join(', ')}`,
        details: { unknown },
      },
    )
  }
  return classes.flatMap((name, id) => (names.includes(name) ? [id] : []))
}
