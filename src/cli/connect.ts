import { createClient, type EdgeClient } from '../client/index.ts'
import { loadSettings, profileBook, type ProfileBook } from '../config/index.ts'
import { EdgeError } from '../domain/index.ts'
import type { Args } from './command.ts'

/** Where the API is that a command speaks to, and who said so. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly token?: string | undefined
  /** The profile that was taken; undefined when settings say it. */
  readonly profile?: string
}

/** A client for the requester that flags, variables, a profile or config.yaml name. */
export function connect(args: Args, { timeoutMs }: { readonly timeoutMs?: number } = {}): EdgeClient {
  const { host, port, token } = endpointOf(args)
  return createClient({
    host,
    port,
    ...(token === undefined ? {} : { token }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  })
}

/**
 * --profile, else an address in flags or variables, else the profile of EDGE_PROFILE, else the selected one, else
 * config.yaml and defaults. A profile is taken as a whole: a token of one address is never shown to another.
 */
export function endpointOf(args: Args, book: ProfileBook = profileBook()): Endpoint {
  const named = args['profile'] as string | undefined
  const isAddressGiven = args['apiHost'] !== undefined || args['apiPort'] !== undefined
  if (named !== undefined && isAddressGiven)
    throw new EdgeError('usage', '--profile and --api-host or --api-port contradict each other')
  if (Array.isArray(named)) throw new EdgeError('usage', '--profile is given more than once')
  if (named !== undefined) return { ...book.profile(named), profile: named }
  const { values, origins } = loadSettings({
    apiHost: args['apiHost'],
    apiPort: args['apiPort'],
    dataDir: args['dataDir'],
  })
  const isNamed = [origins.apiHost, origins.apiPort].some((from) => from === 'flag' || from === 'environment')
  const current = isNamed ? undefined : book.current
  if (current !== undefined) return { ...book.profile(current), profile: current }
  return { host: values.apiHost, port: values.apiPort, token: values.apiToken }
}
