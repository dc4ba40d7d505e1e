/**
 * The vocabulary of edge: schemas, the types inferred from them, the state machines and the table of errors.
 * Pure: no I/O, no clock, no randomness, nothing asynchronous.
 */
export * from './answers.ts'
export * from './capacity.ts'
export * from './clips-spec.ts'
export * from './devices.ts'
export * from './docker-engine-spec.ts'
export * from './errors.ts'
export * from './events.ts'
export * from './ids.ts'
export * from './input-spec.ts'
export * from './job-spec.ts'
export * from './messages.ts'
export * from './policy.ts'
export * from './reason.ts'
export * from './records.ts'
export * from './selector.ts'
export * from './spec-problems.ts'
export * from './states.ts'
export * from './views.ts'
export * from './work-spec.ts'
