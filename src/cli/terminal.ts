import { stripVTControlCharacters, styleText } from 'node:util'

/** Where a command speaks: results on stdout, everything about the way there on stderr. */
export interface Terminal {
  /** True when people look at stderr: then progress may redraw. */
  readonly isInteractive: boolean
  readonly columns: number
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal
  print(line: string): void
  printJson(value: unknown): void
  note(line: string): void
}

export function createTerminal(signal: AbortSignal): Terminal {
  return {
    isInteractive: process.stderr.isTTY,
    columns: process.stdout.columns || 100,
    signal,
    print: (line) => void process.stdout.write(`${harmless(line)}\n`),
    printJson: (value) => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    note: (line) => void process.stderr.write(`${harmless(line)}\n`),
  }
}

/** Names and log lines come from other machines: nothing in them may steer this terminal. Our own colours are kept. */
export function harmless(text: string): string {
  return text.replace(controls, '').replace(escapes, '')
}

/** C0 and C1 but tab, newline and ESC. */
const controls = new RegExp(String.raw`[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]`, 'g')
/** ESC that does not begin a colour. */
const escapes = new RegExp(String.raw`\u001b(?!\[\d+m)`, 'g')

/** Text of others with every escape removed, for places where we add colours of our own. */
export function plain(text: string): string {
  return harmless(stripVTControlCharacters(text))
}

/** Colour by meaning; plain when stderr is no terminal or NO_COLOR is set (styleText sees to it). */
export function coloured(meaning: 'good' | 'bad' | 'busy' | 'quiet', text: string): string {
  const colour = ({ good: 'green', bad: 'red', busy: 'cyan', quiet: 'gray' } as const)[meaning]
  return styleText(colour, text, { stream: process.stdout })
}
