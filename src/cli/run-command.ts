import { EdgeError } from '../domain/index.ts'
import type { Args, Command } from './command.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { createTerminal, type Terminal } from './terminal.ts'

/**
 * Runs one command: the first Ctrl-C aborts its signal, so that it can say how to go on; an error becomes three lines
 * (what, why, way out) and an exit code.
 */
export async function runCommand(
  command: Command,
  args: Args,
  openTerminal: (signal: AbortSignal) => Terminal = createTerminal,
): Promise<number> {
  const interrupt = new AbortController()
  const onSignal = (): void => {
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted)
    interrupt.abort(new EdgeError('interrupted', 'interrupted'))
  }
  const reader = { isGone: false }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, onSignal)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    reader.isGone = true
    interrupt.abort(new EdgeError('interrupted', 'nobody reads any more'))
  })
  const terminal = openTerminal(interrupt.signal)
  try {
    return await command.run(args, terminal)
  } catch (thrown) {
    if (reader.isGone) return exitCodes.done
    const error =
      interrupt.signal.aborted && !(thrown instanceof EdgeError)
        ? new EdgeError('interrupted', 'interrupted')
        : EdgeError.from(thrown)
    if (args['json'] === true || args['output'] === 'json') terminal.note(JSON.stringify({ error }))
    else
      terminal.note(
        `edge: ${error.message}\n      ${error.hint}${error.code === 'internal' ? `\n${String(error.cause instanceof Error ? error.cause.stack : error.stack)}` : ''}`,
      )
    return exitCodeOf(error.code)
  } finally {
    for (const signal of signals) process.off(signal, onSignal)
  }
}
