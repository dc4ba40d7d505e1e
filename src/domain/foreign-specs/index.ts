/**
 * Job specs that were written for others: Bacalhau’s V1beta2 and its Job/Tasks form, told apart and translated to
 * edge/v1. Pure; a field that cannot be honoured is a problem at the place where it stands in the author’s document.
 */
export { diagnoseText } from './diagnose-text.ts'
export { foreignProblem, readSpec } from './read-spec.ts'
export type { ReadSpec, SpecForm } from './read-spec.ts'
