import type { JobSpecInput } from '../job-spec.ts'

/** An edge/v1 spec while it is put together. */
export type Draft = { -readonly [Field in keyof JobSpecInput]: JobSpecInput[Field] } & {
  engine: JobSpecInput['engine']
}

/** Nothing is known yet; the engine stands in until a real one is found, so that all else can be checked beside it. */
export function emptyDraft(): Draft {
  return { apiVersion: 'edge/v1', engine: { type: 'docker', image: 'none' } }
}

export type DraftInput = NonNullable<JobSpecInput['inputs']>[number]
