/**
 * The local publisher: a result stays in the folder where the work left it, and is served from there, block by block.
 * What is kept in addition is one index a result.
 */
export { createLocalPublisher } from './local-publisher.ts'
