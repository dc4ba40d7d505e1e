import type { Argv } from 'yargs'
import type { Terminal } from './terminal.ts'

/** One verb: its options for yargs, its examples, and what it does. The number is the exit code (see exit-codes.ts). */
export interface Command {
  readonly build: (yargs: Argv) => Argv
  readonly examples: readonly (readonly [line: string, what: string])[]
  readonly run: (args: Args, terminal: Terminal) => Promise<number>
}

/** What yargs parsed; each command parses its own with zod or reads by these two. */
export type Args = Readonly<Record<string, unknown>>

/** A line of the command table: what help needs to know without loading the command. */
export interface CommandEntry {
  readonly group?: string
  readonly command: string
  /** The name without a group under which it is there too, and which its examples use. */
  readonly short?: string
  /** The name of the command of which this is the short form. */
  readonly shortOf?: string
  readonly describe: string
  /** What stands after its positional is not edge’s to read (see split-words.ts). */
  readonly passesOn?: true
  readonly load: () => Promise<Command>
}
