import type { Terminal } from '../../src/cli/terminal.ts'

export interface RecordingTerminal {
  readonly terminal: Terminal
  /** What went to stdout. */
  readonly lines: readonly string[]
  /** What went to stderr. */
  readonly notes: readonly string[]
}

/** A terminal that nobody looks at; keeps what a command says. */
export function recordingTerminal(signal = new AbortController().signal): RecordingTerminal {
  const lines: string[] = []
  const notes: string[] = []
  const terminal: Terminal = {
    isInteractive: false,
    columns: 100,
    signal,
    print: (line) => void lines.push(line),
    printJson: (value) => void lines.push(JSON.stringify(value)),
    note: (line) => void notes.push(line),
  }
  return { terminal, lines, notes }
}
