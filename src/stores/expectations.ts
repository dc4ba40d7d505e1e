import { EdgeError } from '../domain/index.ts'

/** The error of every expectation that does not hold. */
export function conflict(message: string, details: Readonly<Record<string, unknown>>): EdgeError {
  return new EdgeError('state_conflict', message, { details })
}

/** The record, when it is there and at the revision that the change was made for; throws `state_conflict` otherwise. */
export function expectRevision<Kept extends { readonly revision: number }>(
  what: string,
  record: Kept | undefined,
  expectedRevision: number,
): Kept {
  if (record === undefined) throw conflict(`${what} is not kept here`, { what, expectedRevision })
  const { revision } = record
  if (revision === expectedRevision) return record
  throw conflict(`${what} is at revision ${revision}, expected was ${expectedRevision}`, {
    what,
    revision,
    expectedRevision,
  })
}

/** The fields that have a value: what a change leaves out or leaves undefined stays as it is. */
export function definedFields<Fields extends object>(fields: Fields | undefined): Defined<Fields> {
  const entries = Object.entries(fields ?? {}).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Defined<Fields>
}

type Defined<Fields> = { readonly [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }
