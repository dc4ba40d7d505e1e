/**
 * Measuring on a user’s own video: the decoder alone, the pipeline and the model alone in interleaved rounds, memory of
 * the child processes, and the agreement of the events with dense labels.
 */
export { benchVideo, benchWays } from './bench-video.ts'
export type { BenchReport, BenchWay } from './bench-video.ts'
