/**
 * Content addressing: CIDs as `ipfs add --cid-version=1` gives them, block stores, and verified ways to bring a folder
 * from one machine to another. A folder is indexed where it lies and its blocks are served out of it (indexFolder);
 * its blocks are pulled into a store (pullDag); or it is written as files again (downloadFolder). No byte is believed
 * without its hash. The only folder that knows UnixFS and multiformats.
 */
export { cidOf } from './cid-of.ts'
export { ContentIndex } from './content-index.ts'
export {
  downloadFolder,
  type DownloadedFolder,
  type DownloadFolderInit,
  type DownloadProgress,
} from './download-folder.ts'
export { FsBlockStore } from './fs-block-store.ts'
export { indexFolder, type IndexFolderOptions } from './index-folder.ts'
export { listBlocks } from './list-blocks.ts'
export type { TreeLimits } from './limits.ts'
export { MemoryBlockStore } from './memory-block-store.ts'
export { pullDag, type PulledBlock, type PulledDag, type PullDagInit } from './pull-dag.ts'
