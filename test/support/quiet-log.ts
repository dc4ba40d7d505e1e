import type { Log } from '../../src/ports/index.ts'

/** A log that keeps its lines instead of printing them. */
export class QuietLog implements Log {
  readonly lines: { level: string; message: string; fields: object }[]

  constructor(lines: { level: string; message: string; fields: object }[] = []) {
    this.lines = lines
  }
  debug(fields: object, message: string): void {
    this.lines.push({ level: 'debug', message, fields })
  }
  info(fields: object, message: string): void {
    this.lines.push({ level: 'info', message, fields })
  }
  warn(fields: object, message: string): void {
    this.lines.push({ level: 'warn', message, fields })
  }
  error(fields: object, message: string): void {
    this.lines.push({ level: 'error', message, fields })
  }
  child(): Log {
    return new QuietLog(this.lines)
  }
}
