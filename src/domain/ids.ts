import { z } from 'zod'

/** A job's name for machines: a random UUID; the first 8 hex digits are its short form on screens and in folder names. */
export const JobId = z.uuid().brand<'JobId'>()
export type JobId = z.infer<typeof JobId>

/** One run of a job on one node: `e-` and a random UUID. */
export const ExecutionId = z
  .string()
  .regex(/^e-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'an execution id looks like e-<uuid>')
  .brand<'ExecutionId'>()
export type ExecutionId = z.infer<typeof ExecutionId>

/** A node is known by its libp2p peer id (base58 or base36 text), which is its public key. */
export const NodeId = z
  .string()
  .regex(/^[1-9A-Za-z]{40,70}$/, 'a node id is a libp2p peer id')
  .brand<'NodeId'>()
export type NodeId = z.infer<typeof NodeId>

/** The eight characters under which people know a job, an execution or a node. */
export function shortId(id: JobId | ExecutionId | NodeId): string {
  if (id.startsWith('e-')) return id.slice(0, 10)
  return id.includes('-') ? id.slice(0, 8) : id.slice(-8)
}
