/** Content-addressed bytes. A block that is there is whole and matches its CID. */
export interface BlockStore {
  has(cid: string): Promise<boolean>
  /** Throws `block_missing`. */
  get(cid: string): Promise<Uint8Array>
  /** Resolves when durable. Throws `block_corrupt` when the bytes do not match the CID, and keeps nothing. */
  put(cid: string, bytes: Uint8Array): Promise<void>
}
