/** The engine that does nothing, for as long and with the exit code that the job asks: it measures the orchestrator. */
export { createNoopEngine } from './noop-engine.ts'
