/** Small pieces of concurrency without domain words: background tasks, bells, lanes, slots, steady time. */
export { Channel } from './channel.ts'
export { Lanes } from './lanes.ts'
export { Slots } from './slots.ts'
export { steadyWall } from './steady-wall.ts'
export { Tasks } from './tasks.ts'
export { Wakeup } from './wakeup.ts'
