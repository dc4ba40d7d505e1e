import { createHash, timingSafeEqual } from 'node:crypto'
import type { Approval, JoinRequest, Reason } from '../../domain/index.ts'

/** Who may belong to the fleet: everybody, or who knows the token of which this is the SHA-256 in hex. */
export type Membership = { readonly mode: 'open' } | { readonly mode: 'token'; readonly tokenHash: string }

/** What a node that joins is. A person’s decision and an earlier approval stay; a pending node may try again. */
export function approvalOf(
  membership: Membership,
  known: Approval | undefined,
  { joinToken }: Pick<JoinRequest, 'joinToken'>,
): Approval {
  if (known === 'approved' || known === 'rejected') return known
  if (membership.mode === 'open') return 'approved'
  return joinToken !== undefined && isToken(joinToken, membership.tokenHash) ? 'approved' : 'pending'
}

/** Why a node is not approved; undefined when it is. */
export function reasonOf(
  approval: Approval,
  { joinToken }: Pick<JoinRequest, 'joinToken'>,
): Reason | undefined {
  switch (approval) {
    case 'approved':
      return undefined
    case 'rejected':
      return { code: 'not_approved', message: 'the node was rejected by the operator' }
    case 'pending':
      return {
        code: 'not_approved',
        message:
          joinToken === undefined ? 'a join token or an approval is needed' : 'the join token is wrong',
      }
  }
}

function isToken(token: string, tokenHash: string): boolean {
  const given = createHash('sha256').update(token).digest()
  const wanted = Buffer.from(tokenHash, 'hex')
  return wanted.length === given.length && timingSafeEqual(given, wanted)
}
