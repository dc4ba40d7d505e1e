import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { jsonOption } from './client-options.ts'

/** `edge cid PATH`: what `ipfs add -r --cid-version=1` prints for the root. */
export const cid: Command = {
  examples: [['edge cid job-4b1422ff/north-gate-2xkzaq4e', 'compare with the CID in manifest.json']],
  build: (yargs) =>
    jsonOption(yargs).positional('path', { type: 'string', demandOption: true, describe: 'file or folder' }),
  run: async (args, terminal) => {
    const { cidOf } = await import('../../content/index.ts')
    const path = args['path'] as string
    const root = await cidOf(path, { signal: terminal.signal })
    if (args['json'] === true) terminal.printJson({ path, cid: root })
    else terminal.print(root)
    return exitCodes.done
  },
}
