import { EdgeError } from '../domain/index.ts'

/**
 * A time in a file, in seconds: `123.4`, `2:03.4` or `0:02:03.400`. Throws `usage` that names the flag. A time before 0
 * is none that a player shows, but files have them.
 */
export function parseTime(flag: string, text: string): number {
  const parts = /^(-)?(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d+)?)$/.exec(text.trim())
  const [, minus, hours = '0', minutes, seconds = ''] = parts ?? []
  const isClock = minutes !== undefined
  if (parts === null || seconds.length > 20 || (isClock && (Number(minutes) > 59 || Number(seconds) >= 60)))
    throw new EdgeError('usage', `${flag} ${JSON.stringify(text)} is no time`, {
      hint: 'Write seconds (123.4) or hours, minutes and seconds (0:02:03.4), as the times in events.json.',
    })
  const total = Number(hours) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds)
  return minus === undefined ? total : -total
}
