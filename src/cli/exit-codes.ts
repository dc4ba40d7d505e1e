import type { ErrorCode } from '../domain/index.ts'

/** What a shell script can tell apart. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  unreachable: 4,
  timedOut: 5,
  interrupted: 130,
} as const

type Ending = keyof typeof exitCodes

const endings: Readonly<Partial<Record<ErrorCode, Ending>>> = {
  usage: 'usage',
  spec_invalid: 'usage',
  config_invalid: 'usage',
  request_invalid: 'usage',
  not_supported: 'usage',
  id_ambiguous: 'usage',
  input_empty: 'usage',
  output_exists: 'usage',
  job_not_found: 'notFound',
  node_not_found: 'notFound',
  execution_not_found: 'notFound',
  model_not_found: 'notFound',
  path_missing: 'notFound',
  no_results: 'notFound',
  requester_unreachable: 'unreachable',
  peer_unreachable: 'unreachable',
  timed_out: 'timedOut',
  rpc_timeout: 'timedOut',
  interrupted: 'interrupted',
}

/** The exit code of an error; what is not in the table is a failure. */
export function exitCodeOf(code: ErrorCode): number {
  return exitCodes[endings[code] ?? 'failed']
}
