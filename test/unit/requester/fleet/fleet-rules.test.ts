import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { massSilenceSince } from '../../../../src/requester/fleet/mass-silence.ts'
import { approvalOf, reasonOf } from '../../../../src/requester/fleet/membership.ts'
import { uniqueName } from '../../../../src/requester/fleet/unique-name.ts'
import { nodeIdOf } from '../../../support/records.ts'

describe('membership', () => {
  const membership = {
    mode: 'token',
    tokenHash: createHash('sha256').update('secret').digest('hex'),
  } as const

  it('approves everybody when it is open, and only who knows the token otherwise', () => {
    expect(approvalOf({ mode: 'open' }, undefined, {})).toBe('approved')
    expect(approvalOf(membership, undefined, {})).toBe('pending')
    expect(approvalOf(membership, undefined, { joinToken: 'Secret' })).toBe('pending')
    expect(approvalOf(membership, 'pending', { joinToken: 'secret' })).toBe('approved')
    expect(approvalOf({ mode: 'token', tokenHash: 'zz' }, undefined, { joinToken: 'secret' })).toBe('pending')
  })

  it('keeps what was decided before', () => {
    expect(approvalOf(membership, 'approved', {})).toBe('approved')
    expect(approvalOf(membership, 'rejected', { joinToken: 'secret' })).toBe('rejected')
    expect(approvalOf({ mode: 'open' }, 'rejected', {})).toBe('rejected')
  })

  it('says why a node is not approved', () => {
    expect(reasonOf('approved', {})).toBeUndefined()
    expect(reasonOf('pending', { joinToken: 'x' })?.message).toMatch(/wrong/)
    expect(reasonOf('pending', {})?.message).toMatch(/needed/)
    expect(reasonOf('rejected', {})?.code).toBe('not_approved')
  })
})

describe('names of nodes', () => {
  it('stay unless another live node has them', () => {
    const id = nodeIdOf('abcd')
    expect(uniqueName('gate', id, () => false)).toBe('gate')
    expect(uniqueName('gate', id, (name) => name === 'gate')).toBe('gate-abcd')
    expect(uniqueName('g'.repeat(63), id, () => true)).toHaveLength(63)
  })
})

describe('mass silence', () => {
  const windowMs = 60
  it('is most of the fleet, at least three, within one window', () => {
    expect(massSilenceSince({ sinceMs: [100, 110, 120], nodes: 5, windowMs })).toBe(120)
    expect(massSilenceSince({ sinceMs: [100, 110, 120], nodes: 6, windowMs })).toBeUndefined()
    expect(massSilenceSince({ sinceMs: [100, 110], nodes: 2, windowMs })).toBeUndefined()
    expect(massSilenceSince({ sinceMs: [0, 100, 200], nodes: 3, windowMs })).toBeUndefined()
    expect(massSilenceSince({ sinceMs: [0, 500, 510, 520, 9000], nodes: 5, windowMs })).toBe(520)
  })
})
