/**
 * The pipeline as a child process of its own, so that a crash of native code ends one run and nothing else. `main.ts` is
 * the program; the rest is its parent’s side.
 */
export { describeRuntimeApart, runLabelProgram, runProgram } from './run-program.ts'
export type { RunListeners } from './run-program.ts'
export type { LabelRequest, ProgramRequest, RunTotals, RuntimeDescription } from './messages.ts'
