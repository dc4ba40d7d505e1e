import { EdgeError } from '../../domain/index.ts'
import type { EngineFacts } from './engine-api.ts'

export interface ContainerUser {
  /** `uid:gid` in the container. */
  readonly text: string
  /** Whose the folders of outputs must be on this machine, when not the node’s own. */
  readonly owner?: { readonly uid: number; readonly gid: number }
}

/** The user whom Unix calls nobody. */
const nobody = 65_534

/**
 * As whom work runs. A node that is an ordinary user: as that user, so that the result is its own. A node that is root: as
 * nobody, for root can read and remove what nobody left. An engine without root: as the container’s root, which is the
 * engine’s own user outside.
 */
export function containerUser(
  facts: EngineFacts,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): ContainerUser {
  const has = (option: string): boolean => (facts.SecurityOptions ?? []).includes(`name=${option}`)
  if (has('rootless')) return { text: '0:0' }
  if (has('userns')) {
    throw new EdgeError(
      'not_supported',
      'the Docker engine maps users to others (userns-remap), so that results could not be read',
    )
  }
  if (uid !== 0) return { text: `${uid}:${gid}` }
  return { text: `${nobody}:${nobody}`, owner: { uid: nobody, gid: nobody } }
}
