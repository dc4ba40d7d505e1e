import { resolve } from 'node:path'
import { loadSettings } from '../../config/index.ts'
import { EdgeError, OnnxEngineSpec, problemsOf, specInvalid } from '../../domain/index.ts'
import type { BenchReport, BenchWay } from '../../inference/bench/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { bytes, table } from '../format.ts'
import { createStatus } from '../status.ts'
import { plain, type Terminal } from '../terminal.ts'
import { jsonOption } from './client-options.ts'
import { policyOf, policyOptions } from './policy-options.ts'

/** `edge bench VIDEO`: how fast this machine analyses a video, beside what its decoder alone can do. */
export const bench: Command = {
  examples: [
    ['edge bench gate.mp4', 'three rounds: decoder, pipeline, model'],
    ['edge bench gate.mp4 --against-labels runs/detect/exp/labels', 'and what is lost against every frame'],
  ],
  build: (yargs) =>
    policyOptions(jsonOption(yargs))
      .positional('video', { type: 'string', demandOption: true, describe: 'a video file' })
      .option('rounds', { type: 'number', default: 3, describe: 'how often each is measured' })
      .option('modes', {
        type: 'string',
        default: 'hold,keyframe,dense',
        describe:
          'what is measured: auto, hold, keyframe, sampled (every sampled frame), dense (every frame)',
      })
      .option('against-labels', {
        type: 'string',
        describe: 'dense labels of the video, as edge eval takes them',
      }),
  run: async (args, terminal) => {
    const rounds = args['rounds'] as number
    if (!Number.isInteger(rounds) || rounds < 1 || rounds > 1000)
      throw new EdgeError('usage', `--rounds ${rounds}: a whole number from 1 to 1000`)
    const { engine, policy } = await policyOf(args)
    const spec = OnnxEngineSpec.safeParse({ type: 'onnx', ...engine, policy })
    if (!spec.success) throw specInvalid(problemsOf(spec.error))
    const { values } = loadSettings({ dataDir: args['dataDir'] })
    const ways = await waysOf(args['modes'] as string)
    const { benchLocal } = await import('../../node/bench-local.ts')
    const labels = args['againstLabels'] as string | undefined
    const status = createStatus(terminal)
    const report = await benchLocal(values, {
      path: resolve(args['video'] as string),
      spec: spec.data,
      rounds,
      ways,
      labels: labels === undefined ? undefined : resolve(labels),
      signal: terminal.signal,
      onRun: (name, round) => {
        status.show([`measuring  ${name}  round ${round} of ${rounds}`])
      },
    }).finally(() => {
      status.end()
    })
    if (args['json'] === true) terminal.printJson(report)
    else print(terminal, report)
    return exitCodes.done
  },
}

async function waysOf(text: string): Promise<readonly BenchWay[]> {
  const { benchWays } = await import('../../inference/bench/index.ts')
  const named = text.split(',').map((name) => name.trim())
  const ways = benchWays.filter((way) => named.includes(way))
  const unknown = named.find((name) => !(benchWays as readonly string[]).includes(name))
  if (unknown === undefined) return ways
  throw new EdgeError('usage', `--modes ${unknown}: one or more of ${benchWays.join(', ')}`)
}

function print(terminal: Terminal, report: BenchReport): void {
  const { video, rows, modelMsPerFrame: ms, rounds, threads, provider, agreement } = report
  terminal.print(
    `${plain(video.codec)} ${video.width}x${video.height}, ${video.frameRate.toFixed(2)} frames/s, ` +
      `${video.durationSeconds.toFixed(1)} s; ${provider}, ${threads} threads`,
  )
  terminal.print('')
  const lines = rows.map(
    ({ name, seconds, frames, timesRealTime, shareOfFirst, peakBytes, agreement: same }) => [
      name,
      `${seconds.median.toFixed(2)} s`,
      `${seconds.min.toFixed(2)} to ${seconds.max.toFixed(2)}`,
      String(frames),
      `${timesRealTime.toFixed(2)}x`,
      `${(100 * shareOfFirst.median).toFixed(0)}%`,
      peakBytes === null ? '–' : bytes(peakBytes),
      same === undefined ? '' : `${percent(same.recall)} / ${percent(same.coverage)}`,
    ],
  )
  terminal.print(
    table(
      [
        '',
        'MEDIAN',
        'SPREAD',
        'FRAMES',
        'REAL TIME',
        'OF DECODE',
        'MEMORY',
        'OF DENSE EVENTS FOUND / COVERED',
      ],
      lines,
    ),
  )
  terminal.print('')
  terminal.print(
    `The model alone: ${ms.median.toFixed(1)} ms a frame (${ms.min.toFixed(1)} to ${ms.max.toFixed(1)}). ${rounds} rounds, one after another.`,
  )
  if (agreement === undefined) return
  const { recall, precision, coverage, found, truths, right, events } = agreement.total
  terminal.print(
    `Against the labels: recall ${percent(recall)} (${found}/${truths}), precision ${percent(precision)} ` +
      `(${right}/${events}), covered ${percent(coverage)}.`,
  )
}

function percent(value: number | null): string {
  return value === null ? '–' : `${(100 * value).toFixed(1)}%`
}
