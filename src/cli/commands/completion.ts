import type { Command } from '../command.ts'
import { shellScripts, type Shell } from '../complete/shell-scripts.ts'
import { exitCodes } from '../exit-codes.ts'

/** `edge completion bash`: the script that makes a shell complete commands, flags, and ids of jobs and nodes. */
export const completion: Command = {
  examples: [
    ['source <(edge completion bash)', 'in ~/.bashrc; for zsh in ~/.zshrc, after compinit'],
    ['edge completion fish > ~/.config/fish/completions/edge.fish', 'once'],
  ],
  build: (yargs) =>
    yargs.positional('shell', {
      choices: Object.keys(shellScripts) as Shell[],
      demandOption: true,
      describe: 'the shell that reads it',
    }),
  run: (args, terminal) => {
    terminal.print(shellScripts[args['shell'] as Shell].trimEnd())
    return Promise.resolve(exitCodes.done)
  },
}
