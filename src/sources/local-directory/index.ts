/**
 * The input source `localDirectory`, and the allow-list that guards it: a job gets a path of this machine only when its
 * owner listed it. Paths are judged by where they really lead, when a bid is made and again before the work begins.
 */
export { parseAllowList } from './allow-list.ts'
export type { AccessMode, AllowList, AllowListEntry } from './allow-list.ts'
export { createLocalDirectorySource } from './local-directory-source.ts'
export type {
  LocalDirectorySource,
  LocalDirectorySourceInit,
  PathExplanation,
} from './local-directory-source.ts'
export { missingRoots } from './missing-roots.ts'
