import { EdgeError } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { plain } from '../terminal.ts'
import { nodeArgument } from './client-options.ts'

/** `edge node label NODE key=value key-`: labels that the requester sets over those the node says. */
export const nodeLabel: Command = {
  examples: [
    ['edge node label north-gate site=north', 'set a label, in place of what the node says'],
    ['edge node label north-gate camera-', 'take a label away'],
  ],
  build: (yargs) =>
    nodeArgument(yargs).positional('labels', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'key=value, or key- to take one away',
    }),
  run: async (args, terminal) => {
    const labels = labelChanges(args['labels'] as readonly string[])
    const node = await connect(args).setLabels(args['node'] as string, labels, { signal: terminal.signal })
    const shown = Object.entries(node.info.labels).map(([key, value]) => plain(`${key}=${value}`))
    terminal.print(`Node ${plain(node.info.name)}: ${shown.length === 0 ? 'no labels' : shown.join(', ')}`)
    return exitCodes.done
  },
}

/** `site=north` sets, `site-` takes away. Throws `request_invalid` for anything else. */
export function labelChanges(words: readonly string[]): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    words.map((word): [string, string | null] => {
      const at = word.indexOf('=')
      if (at > 0) return [word.slice(0, at), word.slice(at + 1)]
      if (at === -1 && word.length > 1 && word.endsWith('-')) return [word.slice(0, -1), null]
      throw new EdgeError('request_invalid', `${JSON.stringify(word)} is no label`, {
        hint: 'Write key=value to set a label, key- to take it away.',
      })
    }),
  )
}
