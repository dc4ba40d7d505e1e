/** Publishers make a finished execution’s folder available to others. There is one so far: `local`. */
export { createLocalPublisher } from './local/index.ts'
