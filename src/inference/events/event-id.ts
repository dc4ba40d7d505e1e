import { createHash } from 'node:crypto'
import type { OnnxEngineSpec } from '../../domain/index.ts'
import { roundSeconds } from './rounding.ts'

/** The part of a job that decides what is found; where and how fast it runs is not in it. */
export type AnalysisSettings = Pick<
  OnnxEngineSpec,
  'mode' | 'sampleFps' | 'scoreThreshold' | 'iouThreshold' | 'maxDetections' | 'imageSize' | 'policy'
>

/** One text for equal settings, whatever the order of their keys. */
export function settingsKey(settings: AnalysisSettings): string {
  const { mode, sampleFps, scoreThreshold, iouThreshold, maxDetections, imageSize, policy } = settings
  const policyPairs = Object.entries(policy)
    .map(([key, value]) => [key, Array.isArray(value) ? value.toSorted() : value] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  const parts: unknown[] = [mode, sampleFps ?? null, scoreThreshold, iouThreshold, maxDetections, policyPairs]
  // Left out when it was left out, so that keys do not depend on a default.
  if (imageSize !== undefined) parts.push({ imageSize })
  return JSON.stringify(parts)
}

/** The same for the same footage, model, settings and start: 16 hex digits of a SHA-256. */
export function eventId(of: {
  footage: string
  modelSha256: string
  settings: AnalysisSettings
  startSeconds: number
}): string {
  const text = [
    of.footage,
    of.modelSha256,
    settingsKey(of.settings),
    roundSeconds(of.startSeconds).toFixed(3),
  ]
  return createHash('sha256').update(JSON.stringify(text)).digest('hex').slice(0, 16)
}
