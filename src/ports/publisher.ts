import type { ExecutionId, PublisherSpec } from '../domain/index.ts'
import type { Abortable } from './startable.ts'

export interface Published {
  /** Root CIDv1 of the folder, as `ipfs add -r --cid-version=1` prints it. */
  readonly cid: string
  readonly bytes: number
  readonly files: number
}

/** Where results go. Publishing twice gives the same CID. */
export interface Publisher {
  readonly type: PublisherSpec['type']
  /** Makes the folder’s content available; resolves when it is durable. Links and special files in it are refused. */
  publish(executionId: ExecutionId, directory: string, options?: Abortable): Promise<Published>
  /** A block of that execution’s published result; undefined for every other CID. */
  block(executionId: ExecutionId, cid: string): Promise<Uint8Array | undefined>
  remove(executionId: ExecutionId): Promise<void>
}
