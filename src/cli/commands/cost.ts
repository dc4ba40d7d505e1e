import { listPreset, providers, seedPreset, type Provider } from '../../cost/index.ts'
import { EdgeError } from '../../domain/index.ts'
import type { Args, Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { bytes, seconds, share } from '../format.ts'
import type { Terminal } from '../terminal.ts'
import { jsonOption } from './client-options.ts'
import { footageCase, imageCase, jobCase, type CostCase } from './cost-case.ts'
import { figureOptions, ownFigures } from './cost-figures.ts'
import { jobTotals } from './cost-job.ts'
import { costsAsJson, priced, printCosts, printPreset } from './cost-report.ts'

const presets = [listPreset, seedPreset] as const

/** `edge cost`: what footage costs in the cloud, and with edge; by a preset, by own figures, or of a job. */
export const cost: Command = {
  examples: [
    ['edge cost', 'ten cameras for a year, by public list prices'],
    ['edge cost --cameras 4 --gb-per-camera-hour 2.5 --kept-share 0.02', 'your own cameras'],
    ['edge cost --preset seed-2023', 'the tables of the guide'],
    ['edge cost --from-job 4b1422ff', 'what a job really scanned and published'],
    ['edge cost --list-presets', 'every price with its date and source'],
  ],
  build: (yargs) =>
    figureOptions(
      jsonOption(yargs)
        .option('preset', {
          choices: presets.map(({ name }) => name),
          describe: 'prices and volumes to begin with (list)',
        })
        .option('provider', { choices: [...providers, 'all'], default: 'all', describe: 'whose prices' })
        .option('from-job', { type: 'string', describe: 'price what this job scanned and published' })
        .option('list-presets', {
          type: 'boolean',
          describe: 'show the presets with date and source of every price',
        }),
    ),
  run: async (args, terminal) => {
    once(args, ['preset', 'provider', 'fromJob'])
    if (args['listPresets'] === true) {
      showPresets(args, terminal)
      return exitCodes.done
    }
    const case_ = await costCase(args, terminal)
    const all = priced(case_, args['provider'] === 'all' ? providers : [args['provider'] as Provider])
    if (args['json'] === true) terminal.printJson(costsAsJson(case_, all))
    else printCosts(terminal, case_, all)
    return exitCodes.done
  },
}

function once(args: Args, names: readonly string[]): void {
  for (const name of names)
    if (Array.isArray(args[name]))
      throw new EdgeError('usage', `--${name.replace('J', '-j')} is given more than once`)
}

function showPresets(args: Args, terminal: Terminal): void {
  ownFigures(args, 'presets')
  if (args['fromJob'] !== undefined)
    throw new EdgeError('usage', '--list-presets shows prices and --from-job a job: name one of them')
  if (args['json'] === true) {
    terminal.printJson(presets.map(({ name, what, prices, notes }) => ({ name, what, prices, notes })))
    return
  }
  for (const [index, preset] of presets.entries()) {
    if (index > 0) terminal.print('')
    printPreset(terminal, preset)
  }
}

async function costCase(args: Args, terminal: Terminal): Promise<CostCase> {
  const preset = (args['preset'] ?? listPreset.name) as 'list' | 'seed-2023'
  const id = args['fromJob'] as string | undefined
  if (id === undefined) {
    const own = ownFigures(args, preset)
    return preset === 'list' ? footageCase(own) : imageCase(own)
  }
  if (id === '') throw new EdgeError('usage', '--from-job names no job', { hint: 'edge list shows them.' })
  if (preset !== 'list')
    throw new EdgeError('usage', `--from-job cannot be priced by --preset ${preset}`, {
      hint: 'That preset prices pictures, and a job counts footage: leave --preset out.',
    })
  const own = ownFigures(args, 'job')
  const { job, results, isOver, volumes } = await jobTotals(connect(args), id, terminal)
  if (!isOver)
    terminal.note(
      `Job ${job.id.slice(0, 8)} is ${job.state}: priced is what ${results} of its nodes published.`,
    )
  const { scannedBytes, scannedMs, publishedBytes, nodeMs } = volumes
  const scanned = `${bytes(Number(scannedBytes))} scanned (${seconds(Number(scannedMs) / 1000)} of footage)`
  const published = `${bytes(Number(publishedBytes))} published (${share(Number(publishedBytes), Number(scannedBytes))})`
  return jobCase(
    volumes,
    own,
    `job ${job.id.slice(0, 8)}, ${scanned}, ${published}, ${seconds(Number(nodeMs) / 1000)} of nodes’ work`,
  )
}
