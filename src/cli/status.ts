import ora from 'ora'
import { cutLine, type Terminal } from './terminal.ts'

export interface Status {
  show(lines: readonly string[]): void
  end(): void
}

/** A block of lines about something that goes on: redrawn in place on a terminal; elsewhere only changed lines, at most one in 5 s for each. */
export function createStatus(terminal: Terminal): Status {
  return terminal.isInteractive ? redrawn(terminal) : printed(terminal)
}

function redrawn(terminal: Terminal): Status {
  const spinner = ora({ stream: process.stderr, discardStdin: false })
  let last: readonly string[] = []
  return {
    show(lines) {
      last = lines
      const { columns, rows } = process.stderr
      spinner.text = fitted(lines, { columns, rows }).join('\n  ')
      if (!spinner.isSpinning) spinner.start()
    },
    end() {
      spinner.stop()
      for (const line of last) terminal.note(`  ${line}`)
    },
  }
}

/** The spinner’s two columns, those of the ^C that the terminal echoes and the cursor’s; the prompt’s row and the cursor’s. */
const margin = { columns: 5, rows: 2 }

/** What a screen of that size shows without wrapping or scrolling: a terminal cannot redraw what has left it. */
export function fitted(
  lines: readonly string[],
  { columns, rows }: { readonly columns: number; readonly rows: number },
): readonly string[] {
  const room = Math.max(2, rows - margin.rows)
  const hidden = lines.length <= room ? 0 : lines.length - room + 1
  const shown = hidden === 0 ? lines : [...lines.slice(0, room - 1), `… and ${String(hidden)} more`]
  return shown.map((line) => cutLine(line, columns - margin.columns))
}

const minimumPauseMs = 5000

function printed(terminal: Terminal): Status {
  const shown = new Map<number, { line: string; head: string; atMs: number }>()
  const headOf = (line: string): string => line.split('  ').slice(0, 2).join('  ')
  const print = (index: number, line: string): void => {
    shown.set(index, { line, head: headOf(line), atMs: performance.now() })
    terminal.note(`  ${line}`)
  }
  let last: readonly string[] = []
  return {
    show(lines) {
      last = lines
      for (const [index, line] of lines.entries()) {
        const before = shown.get(index)
        if (before?.line === line) continue
        const isNewState = before?.head !== headOf(line)
        if (isNewState || performance.now() - before.atMs >= minimumPauseMs) print(index, line)
      }
    },
    end() {
      for (const [index, line] of last.entries()) if (shown.get(index)?.line !== line) print(index, line)
    },
  }
}
