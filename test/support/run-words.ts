import { createParser } from '../../src/cli/parser.ts'
import { runCommand } from '../../src/cli/run-command.ts'
import { recordingTerminal } from './recording-terminal.ts'

export interface RanWords {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The whole command line in this process: `edge WORDS`, with what it printed. Errors end in lines and a code, as they do for people. */
export async function runWords(words: readonly string[], signal?: AbortSignal): Promise<RanWords> {
  const { terminal, lines, notes } = recordingTerminal(signal)
  const complaints: string[] = []
  let code = 0
  const parser = createParser(
    words,
    async (entry, args) => {
      if (complaints.length === 0) code = await runCommand(await entry.load(), args, () => terminal)
    },
    (message) => complaints.unshift(message),
  )
  const listening = new Set(process.stdout.listeners('error'))
  await parser.parseAsync()
  // The program listens for a closed pipe until it ends, which it does not here.
  for (const listener of process.stdout.listeners('error') as (() => void)[])
    if (!listening.has(listener)) process.stdout.off('error', listener)
  if (complaints.length > 0) return { code: 2, stdout: '', stderr: complaints.join('\n') }
  return { code, stdout: lines.join('\n'), stderr: notes.join('\n') }
}
