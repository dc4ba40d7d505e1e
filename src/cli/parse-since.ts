import { EdgeError } from '../domain/index.ts'

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const duration = /^(\d{1,9})([smhd])$/
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/i

/** `10m` (so long ago) or a point in time as RFC 3339, in ms since 1970. Throws `usage` for anything else. */
export function parseSince(text: string, nowMs = Date.now()): number {
  const [, count, unit] = duration.exec(text) ?? []
  if (count !== undefined && unit !== undefined)
    return Math.max(0, nowMs - Number(count) * units[unit as keyof typeof units])
  const atMs = rfc3339.test(text) ? Date.parse(text) : NaN
  if (Number.isNaN(atMs) || atMs < 0)
    throw new EdgeError('usage', `--since: ${JSON.stringify(text)} is no time`, {
      hint: 'Say how long ago (90s, 10m, 2h, 1d) or when (2026-11-25T08:00:00Z).',
    })
  return atMs
}
