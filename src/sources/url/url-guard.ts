import { lookup as systemLookup } from 'node:dns/promises'
import ipaddr from 'ipaddr.js'
import { EdgeError } from '../../domain/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { orAborted } from '../../utils/or-aborted.ts'
import type { Address, AllowedHosts } from './allowed-hosts.ts'

/** All addresses of a name. */
export type Lookup = (host: string) => Promise<readonly string[]>

/** Where a request may go: the one address that was judged, and nowhere else. */
export interface Destination {
  readonly address: string
  readonly family: 4 | 6
}

export interface UrlGuardInit {
  readonly allowed: AllowedHosts
  /** Default: the system’s resolver. */
  readonly lookup?: Lookup | undefined
  /** Default: 5 s. */
  readonly lookupTimeoutMs?: number
}

/**
 * Decides whether a url may be fetched, and from which address. A name is resolved once, here; every answer is judged, and
 * the connection goes to the address that was judged, so that a second answer cannot lead elsewhere. Public unicast
 * addresses only, unless the owner named the host, address or range. Throws `url_not_allowed`, or `input_unavailable` when
 * the name does not resolve.
 */
export class UrlGuard {
  readonly #allowed: AllowedHosts
  readonly #lookup: Lookup
  readonly #lookupTimeoutMs: number

  constructor({ allowed, lookup = resolveAll, lookupTimeoutMs = 5_000 }: UrlGuardInit) {
    this.#allowed = allowed
    this.#lookup = lookup
    this.#lookupTimeoutMs = lookupTimeoutMs
  }

  async destination(url: URL, { signal }: Abortable = {}): Promise<Destination> {
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw refused(url, `${url.protocol} addresses are not fetched`)
    if (url.username !== '' || url.password !== '') throw refused(url, 'it holds a user or password')
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
    const host = url.hostname.replace(/^\[|\]$/g, '')
    if (ipaddr.isValid(host)) return this.#judged(url, [host], { port, isNamed: false })
    const isNamed = this.#allowed.name(host, port)
    return this.#judged(url, await this.#resolve(host, signal), { port, isNamed })
  }

  async #resolve(host: string, signal: AbortSignal | undefined): Promise<readonly string[]> {
    const timeout = AbortSignal.timeout(this.#lookupTimeoutMs)
    const ended = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
    try {
      const found = await orAborted(this.#lookup(host), ended)
      if (found.length > 0) return found
    } catch (error) {
      signal?.throwIfAborted()
      const why = timeout.aborted
        ? 'no answer in time'
        : error instanceof Error
          ? error.message
          : String(error)
      throw new EdgeError('input_unavailable', `the name ${host} does not resolve on this node (${why})`, {
        cause: error,
      })
    }
    throw new EdgeError('input_unavailable', `the name ${host} has no address`)
  }

  #judged(
    url: URL,
    answers: readonly string[],
    { port, isNamed }: { readonly port: number; readonly isNamed: boolean },
  ): Destination {
    const addresses = answers.map((answer) => {
      // A zone (fe80::1%eth0) is of no use for what is public.
      const text = answer.replace(/%.*$/, '')
      if (!ipaddr.isValid(text)) throw refused(url, `${answer} is no address`)
      return ipaddr.process(text)
    })
    for (const address of addresses) {
      const kind = kindOf(address)
      if (kind === 'public' || this.#allowed.address(address, port)) continue
      if (isNamed && privateKinds.has(kind)) continue
      throw refused(url, `${address.toString()} is not a public address (${kind})`)
    }
    const [first] = addresses
    if (first === undefined) throw refused(url, 'it has no address')
    return { address: first.toString(), family: first.kind() === 'ipv4' ? 4 : 6 }
  }
}

/** What a name that the owner listed may resolve to; never link-local, where cloud machines keep their secrets. */
const privateKinds: ReadonlySet<string> = new Set(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat'])

/** Only what IANA gives to the public network is unicast of version 6: 2000::/3. */
const globalUnicast = ipaddr.IPv6.parse('2000::')

function kindOf(address: Address): string {
  const range = address.range()
  if (range !== 'unicast') return range
  return address instanceof ipaddr.IPv6 && !address.match(globalUnicast, 3) ? 'reserved' : 'public'
}

async function resolveAll(host: string): Promise<readonly string[]> {
  return (await systemLookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address)
}

function refused(url: URL, why: string): EdgeError {
  return new EdgeError('url_not_allowed', `${url.protocol}//${url.host} is not fetched by this node: ${why}`)
}
