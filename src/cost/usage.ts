/** The lines of a bill, in the order they are shown. */
export const lineKinds = ['storage', 'requests', 'upload', 'download', 'ai', 'nodes'] as const
export type LineKind = (typeof lineKinds)[number]

/**
 * What one bill counts, in whole units: storage in byte-months, upload and download in bytes, requests in pieces, ai in
 * images or milliseconds of footage, nodes in milliseconds of a node. What is left out is nothing.
 */
export type Usage = Readonly<Partial<Record<LineKind, bigint>>>

/** The same footage twice, bill by bill: all of it in the cloud, and with edge. Tiers begin anew with each bill. */
export interface Scenario {
  readonly before: readonly Usage[]
  readonly after: readonly Usage[]
  /** When given, storage with edge costs this share of what it cost before, whatever the tiers say. */
  readonly storageCostPartsPerMillion?: bigint
}
