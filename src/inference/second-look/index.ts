/**
 * Int8 finds objects, float says what they are: which of the frames that int8 saw float sees as well
 * (`SecondLook`), and what tracks are called and scored by then (`labelTracks`). docs/precision.md
 */
export { labelTracks } from './label-tracks.ts'
export type { LabelCounts } from './label-tracks.ts'
export { similarClassIds } from './similar-classes.ts'
export { SecondLook } from './second-look.ts'
export type { SecondLookInit } from './second-look.ts'
