/** How long `edge --help` takes, beside Node itself: `npm run bench:cli [times]`. Worth something on a quiet machine only. */
import { execFile } from 'node:child_process'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const edge = join(import.meta.dirname, '..', 'bin', 'edge')
const times = Number(process.argv[2] ?? 20)

async function measure(program: string, args: readonly string[]): Promise<readonly number[]> {
  await run(program, args)
  const taken: number[] = []
  for (let n = 0; n < times; n++) {
    const from = performance.now()
    await run(program, args)
    taken.push(performance.now() - from)
  }
  return taken.sort((left, right) => left - right)
}

const at = (sorted: readonly number[], share: number): string =>
  `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(0)} ms`

console.log(
  `${String(times)} times each, load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}`,
)
for (const [name, program, args] of [
  ['node -e 0', process.execPath, ['-e', '0']],
  ['edge --help', edge, ['--help']],
  ['edge job list --help', edge, ['job', 'list', '--help']],
  ['edge __complete job st', edge, ['__complete', 'job', 'st']],
] as const) {
  const sorted = await measure(program, args)
  console.log(
    `${name.padEnd(24)} median ${at(sorted, 0.5).padStart(7)}  p90 ${at(sorted, 0.9).padStart(7)}  least ${at(sorted, 0)}`,
  )
}
