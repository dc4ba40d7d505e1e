import type { JobExplanation, NodeExplanation } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { bytes, reasonText, stateText, table } from '../format.ts'
import { outputOf, outputOption, printView } from '../output.ts'
import { coloured, plain } from '../terminal.ts'
import { jobArgument } from './client-options.ts'

/** `edge job explain JOB`: for every node whether it was chosen, why, what it holds and what speaks for it. */
export const jobExplain: Command = {
  examples: [['edge job explain 4b1422ff', 'why each node was chosen, or not']],
  build: (yargs) => jobArgument(outputOption(yargs)),
  run: async (args, terminal) => {
    const explained = await connect(args).explain(args['job'] as string, { signal: terminal.signal })
    if (['json', 'yaml'].includes(outputOf(args))) printView(terminal, args, explained, () => explained)
    else for (const line of lines(explained)) terminal.print(line)
    return exitCodes.done
  },
}

function lines({ jobId, state, reason, type, count, nodes }: JobExplanation): readonly string[] {
  const wanted =
    type === 'batch' ? `${String(count)} of ${String(nodes.length)} nodes` : 'every matching node'
  const why = reason === undefined ? '' : `: ${reasonText(reason)}`
  const head = `Job ${jobId} (${type}, wants ${wanted}) is ${stateText(state)}${why}`
  if (nodes.length === 0) return [head, 'No node has ever joined.']
  return [head, '', table(['NODE', 'CHOSEN', 'WHY', 'DATA', 'RANK'], nodes.map(row))]
}

function row({ nodeName, outcome, why, code, rank, executions }: NodeExplanation): string[] {
  const bid = executions.findLast((execution) => execution.bid !== undefined)?.bid
  return [
    plain(nodeName),
    outcome === 'chosen'
      ? coloured('good', 'yes')
      : outcome === 'asked'
        ? coloured('busy', 'asked')
        : coloured('quiet', 'no'),
    plain(code === undefined ? why : `${why} (${code})`),
    bid === undefined ? '' : `${String(bid.matchedFiles)} files, ${bytes(bid.matchedBytes)}`,
    rank
      .map(({ name, value }) => `${name} ${name.endsWith('Bytes') ? bytes(value) : String(value)}`)
      .join(', '),
  ]
}
