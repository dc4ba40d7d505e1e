import type { Argv } from 'yargs'
import { EdgeError, type TimeRange } from '../../domain/index.ts'
import type { Args } from '../command.ts'
import { parseTime } from '../parse-time.ts'

/** Flags of which part of each file is analysed, shared by `onnx run`, `detect` and `events`. */
export const rangeOptions = (yargs: Argv): Argv =>
  yargs
    .option('from', {
      type: 'string',
      describe: 'only footage from here on: seconds or hh:mm:ss.sss, as the times in events.json',
    })
    .option('to', { type: 'string', describe: 'only footage before this time' })

/** What `--from` and `--to` say. Throws `usage` that names the flag. */
export function rangeOf(args: Args): { readonly range?: TimeRange } {
  const fromSeconds = timeOf(args, 'from')
  const toSeconds = timeOf(args, 'to')
  if (fromSeconds === undefined && toSeconds === undefined) return {}
  if (fromSeconds !== undefined && toSeconds !== undefined && fromSeconds >= toSeconds)
    throw new EdgeError('usage', `--from ${fromSeconds} is not before --to ${toSeconds}`, {
      hint: 'Between the two there is no footage; --to is a time in the file, not a length.',
    })
  return { range: { fromSeconds, toSeconds } }
}

function timeOf(args: Args, flag: 'from' | 'to'): number | undefined {
  const value = args[flag]
  if (value === undefined) return undefined
  if (typeof value === 'string') return parseTime(`--${flag}`, value)
  throw new EdgeError('usage', `--${flag} is given more than once`, { hint: 'A run analyses one range.' })
}
