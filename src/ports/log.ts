/** The part of pino that everything uses: a constant message, data in fields. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(bindings: Readonly<Record<string, unknown>>): Log
}
