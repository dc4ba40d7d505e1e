import { resolve } from 'node:path'
import { loadSettings } from '../../config/index.ts'
import { EdgeError, OnnxEngineSpec, problemsOf, specInvalid } from '../../domain/index.ts'
import type { BenchReport } from '../../inference/bench/index.ts'
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
    const { benchLocal } = await import('../../node/bench-local.ts')
    const labels = args['againstLabels'] as string | undefined
    const status = createStatus(terminal)
    const report = await benchLocal(values, {
      path: resolve(args['video'] as string),
      spec: spec.data,
      rounds,
      labels: labels === undefined ? undefined : resolve(labels),
      signal: terminal.signal,
      onRun: (name, round) => {
        status.show([`measuring  ${name}  round ${round} of ${rounds}`])
      },
    }).finally(() => {
      status.end()
    })
    if (args['json'] === true) terminal.printJson(report)
    else print(terminal, report, spec.data.sampleFps)
    return exitCodes.done
  },
}

function print(terminal: Terminal, report: BenchReport, sampleFps: number): void {
  const { video, rows, modelMsPerFrame: ms, rounds, threads, provider, agreement } = report
  terminal.print(
    `${plain(video.codec)} ${video.width}x${video.height}, ${video.frameRate.toFixed(2)} frames/s, ` +
      `${video.durationSeconds.toFixed(1)} s; ${sampleFps} frames/s analysed, ${provider}, ${threads} threads`,
  )
  terminal.print('')
  const lines = rows.map(({ name, seconds, frames, timesRealTime, shareOfFirst, peakBytes }) => [
    name,
    `${seconds.median.toFixed(2)} s`,
    `${seconds.min.toFixed(2)} to ${seconds.max.toFixed(2)}`,
    String(frames),
    `${timesRealTime.toFixed(2)}x`,
    `${(100 * shareOfFirst.median).toFixed(0)}%`,
    peakBytes === null ? '–' : bytes(peakBytes),
  ])
  terminal.print(table(['', 'MEDIAN', 'SPREAD', 'FRAMES', 'REAL TIME', 'OF DECODE', 'MEMORY'], lines))
  terminal.print('')
  terminal.print(
    `The model alone: ${ms.median.toFixed(1)} ms a frame (${ms.min.toFixed(1)} to ${ms.max.toFixed(1)}). ${rounds} rounds, one after another.`,
  )
  if (agreement === undefined) return
  const { recall, precision, coverage, found, truths, right, events } = agreement.total
  const percent = (value: number | null): string => (value === null ? '–' : `${(100 * value).toFixed(1)}%`)
  terminal.print(
    `Against the labels: recall ${percent(recall)} (${found}/${truths}), precision ${percent(precision)} ` +
      `(${right}/${events}), covered ${percent(coverage)}.`,
  )
}
