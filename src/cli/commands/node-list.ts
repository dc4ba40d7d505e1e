import { z } from 'zod'
import { Approval, Connectivity, shortId, type NodeView } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { age, bytes } from '../format.ts'
import { listOptions, printRows, type Column } from '../output.ts'
import { parseOptions } from '../parse-options.ts'
import { parsePairs } from '../parse-pairs.ts'
import { coloured, plain } from '../terminal.ts'

const Options = z.looseObject({
  state: Connectivity.optional(),
  approval: Approval.optional(),
  label: z.array(z.string()),
  limit: z.int().min(1).optional(),
})

/** `edge node list`: who is there, what they have, what they do. */
export const nodeList: Command = {
  examples: [
    ['edge node list', 'every node that ever joined, with its state'],
    ['edge node list --state connected --label site=north', 'the northern nodes that are there now'],
  ],
  build: (yargs) =>
    listOptions(yargs)
      .option('state', { choices: Connectivity.options, describe: 'only nodes that are there, or not' })
      .option('approval', { choices: Approval.options, describe: 'only nodes with this approval' })
      .option('label', {
        alias: 'l',
        type: 'string',
        array: true,
        nargs: 1,
        default: [],
        describe: 'only with this label, name=value, repeatable',
      })
      .option('limit', { alias: 'n', type: 'number', describe: 'at most so many' }),
  run: async (args, terminal) => {
    const { state, approval, label, limit } = parseOptions(Options, args)
    const wanted = Object.entries(parsePairs('--label', label))
    const nodes = await connect(args).nodes({ signal: terminal.signal })
    const shown = nodes
      .filter((node) => state === undefined || node.connectivity === state)
      .filter((node) => approval === undefined || node.approval === approval)
      .filter(({ info }) => wanted.every(([name, value]) => info.labels[name] === value))
    printRows(terminal, args, shown.slice(0, limit), columns)
    return exitCodes.done
  },
}

const columns: readonly Column<NodeView>[] = [
  { title: 'ID', text: ({ id }) => shortId(id) },
  { title: 'FULL ID', isWide: true, text: ({ id }) => id },
  { title: 'NAME', mayCut: true, text: ({ info }) => plain(info.name) },
  {
    title: 'APPROVAL',
    text: ({ approval, duty }) => (duty === 'active' ? approval : `${approval}, ${duty}`),
  },
  { title: 'LINK', text: linkText },
  {
    title: 'SINCE',
    isWide: true,
    text: ({ disconnectedSinceMs }, time) =>
      disconnectedSinceMs === undefined ? '' : time(disconnectedSinceMs),
  },
  { title: 'LAST SEEN', isWide: true, text: ({ lastSeenAtMs }, time) => time(lastSeenAtMs) },
  { title: 'VERSION', isWide: true, text: ({ info }) => plain(info.version) },
  { title: 'ENGINES', mayCut: true, text: ({ info }) => info.engines.map(({ type }) => type).join(',') },
  { title: 'CPU', text: ({ info }) => `${String(info.free.cpu)}/${String(info.capacity.cpu)}` },
  { title: 'MEMORY', text: ({ info }) => bytes(info.capacity.memoryBytes) },
  { title: 'GPU', text: ({ info }) => `${String(info.free.gpu)}/${String(info.capacity.gpu)}` },
  { title: 'RUNNING', text: ({ runningExecutions }) => String(runningExecutions) },
  { title: 'PATHS', mayCut: true, text: ({ info }) => plain(info.allowedPaths.join(',')) },
  {
    title: 'LABELS',
    mayCut: true,
    text: ({ info }) =>
      plain(
        Object.entries(info.labels)
          .map(([name, value]) => `${name}=${value}`)
          .join(','),
      ),
  },
]

/** Whether the node is there, and since when it is not. */
function linkText({ connectivity, disconnectedSinceMs }: NodeView): string {
  if (connectivity === 'connected') return coloured('good', connectivity)
  const away = disconnectedSinceMs === undefined ? '' : ` for ${age(Date.now() - disconnectedSinceMs)}`
  return coloured('bad', `${connectivity}${away}`)
}
