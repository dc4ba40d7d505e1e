import { EdgeError } from '../../domain/index.ts'
import { errnoOf } from '../../utils/errno.ts'
import { EngineRefusal } from './engine-api.ts'

/** What dockerode threw as one of ours: a refusal when the engine answered, else `engine_unavailable`. */
export function engineError(error: unknown, address: string, why?: string): EngineRefusal | EdgeError {
  if (isAnswer(error)) return new EngineRefusal(error.statusCode, answerText(error))
  const what = why ?? connectionProblems[errnoOf(error) ?? ''] ?? EdgeError.from(error).message
  return new EdgeError('engine_unavailable', `the Docker engine at ${address} does not answer: ${what}`, {
    cause: error,
  })
}

interface Answer {
  readonly statusCode: number
  readonly json?: unknown
  readonly reason?: unknown
  readonly message?: unknown
}

function isAnswer(error: unknown): error is Answer {
  return (
    typeof error === 'object' &&
    error !== null &&
    'statusCode' in error &&
    typeof error.statusCode === 'number'
  )
}

function answerText({ json, reason, message, statusCode }: Answer): string {
  const told = typeof json === 'object' && json !== null && 'message' in json ? json.message : undefined
  const text = [told, reason, message].find((value): value is string => typeof value === 'string')
  return (text ?? `HTTP status ${statusCode}`).trim().slice(0, 2000)
}

const connectionProblems: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket; is Docker installed and started?',
  EACCES: 'this user may not open the socket; add it to the group docker',
  ECONNREFUSED: 'nothing listens there; is it started?',
}
