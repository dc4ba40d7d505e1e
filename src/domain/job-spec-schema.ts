import { z } from 'zod'
import { JobSpec } from './job-spec.ts'

/**
 * edge/v1 as JSON schema (draft 2020-12), for editors and other programs. It is what a client may write: fields with a
 * default may be left out. What contradicts another field is found by `checkJobSpec` only.
 */
export function jobSpecSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(JobSpec, { io: 'input' })
  return {
    $schema,
    $id: 'urn:edge:job-spec:v1',
    title: 'edge/v1 job spec',
    description: 'What a client asks edge for: see docs/job-spec.md.',
    ...schema,
  }
}
