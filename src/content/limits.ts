import { resultLimits as limitsOfResults } from '../domain/index.ts'

/** What a tree of files may measure at most before it is refused. */
export interface TreeLimits {
  /** Files and folders together. */
  readonly maxEntries: number
  /** Folders below the root. */
  readonly maxDepth: number
  readonly maxBytes: number
}

/** The limits of a result, the same where it is published, pulled and downloaded. */
export const resultLimits: TreeLimits = limitsOfResults

/** For a tree of the caller’s own that is only hashed. */
export const noLimits: TreeLimits = { maxEntries: Infinity, maxDepth: 256, maxBytes: Infinity }

/** The leaf size of `ipfs add`: 256 KiB. */
export const chunkBytes = 262_144

/** The links of one file node of `ipfs add`: its balanced layout, dag-pb nodes of at most 8 KiB. */
export const linksPerNode = 174

/** No block is larger: the common limit of Bitswap and of our own wire. */
export const maxBlockBytes = 2 * 1_048_576

/** Links from a root to its furthest block: 16 folders of at most 3 shard levels each, and the levels of a file. */
export const maxDagDepth = 64

/** Different blocks of one DAG. */
export const maxDagBlocks = 5_000_000
