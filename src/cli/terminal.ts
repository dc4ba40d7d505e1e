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

/** Colour by meaning; plain when stdout or stderr is no terminal (the text may go to either), or NO_COLOR is set. */
export function coloured(meaning: 'good' | 'bad' | 'busy' | 'quiet', text: string): string {
  const colour = ({ good: 'green', bad: 'red', busy: 'cyan', quiet: 'gray' } as const)[meaning]
  return styleText(colour, text, { stream: process.stdout.isTTY ? process.stderr : process.stdout })
}

const tints = ['cyan', 'magenta', 'yellow', 'blue', 'green', 'cyanBright', 'magentaBright'] as const

/** One of several colours that mean nothing but tell things apart; plain where `coloured` is. */
export function tinted(place: number, text: string): string {
  return styleText(tints[place % tints.length] ?? 'cyan', text, {
    stream: process.stdout.isTTY ? process.stderr : process.stdout,
  })
}

/** The line in at most so many columns, colours kept, cut with an ellipsis. */
export function cutLine(line: string, columns: number): string {
  if (stripVTControlCharacters(line).length <= columns) return line
  let room = Math.max(0, columns - 1)
  let isCut = false
  const cut = (part: string): string => {
    if (part.startsWith('\u001b')) return part
    if (isCut) return ''
    isCut = part.length > room
    const kept = part.slice(0, room)
    room -= kept.length
    return isCut ? `${kept}…` : kept
  }
  return line.split(colourCode).map(cut).join('')
}

const colourCode = new RegExp(String.raw`(\u001b\[\d+m)`)
