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

/** The exit code of an error; what is in nobody’s list is a failure. */
export function exitCodeOf(code: ErrorCode): number {
  switch (code) {
    case 'usage':
    case 'spec_invalid':
    case 'config_invalid':
    case 'not_supported':
    case 'id_ambiguous':
    case 'output_exists':
    case 'request_invalid':
    case 'input_empty':
      return exitCodes.usage
    case 'job_not_found':
    case 'node_not_found':
    case 'execution_not_found':
    case 'path_missing':
    case 'no_results':
      return exitCodes.notFound
    case 'requester_unreachable':
    case 'peer_unreachable':
      return exitCodes.unreachable
    case 'timed_out':
    case 'rpc_timeout':
      return exitCodes.timedOut
    case 'interrupted':
      return exitCodes.interrupted
    default:
      return exitCodes.failed
  }
}
