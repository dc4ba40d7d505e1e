import ipaddr from 'ipaddr.js'
import { EdgeError } from '../../domain/index.ts'

/** An address that somebody named, or that a name resolved to. */
export type Address = ipaddr.IPv4 | ipaddr.IPv6

/** What the owner lets url inputs reach beside the public network. */
export interface AllowedHosts {
  /** Whether the owner named this host: its private addresses are open then. */
  readonly name: (host: string, port: number) => boolean
  /** Whether the owner named this address, or a range that it is in. */
  readonly address: (address: Address, port: number) => boolean
}

interface Entry {
  readonly port: number | undefined
  readonly matchesName: (host: string) => boolean
  readonly matchesAddress: (address: Address) => boolean
}

/**
 * Reads the setting `allowUrlHosts`: `nas.local`, `*.lan`, `10.0.0.5`, `192.168.1.0/24`, `[fd00::5]`, each with `:port` or
 * not. Throws `config_invalid`.
 */
export function parseAllowedHosts(texts: readonly string[]): AllowedHosts {
  const entries = texts.map(parseEntry)
  const fits = (port: number, test: (entry: Entry) => boolean): boolean =>
    entries.some((entry) => (entry.port === undefined || entry.port === port) && test(entry))
  return {
    name: (host, port) => fits(port, (entry) => entry.matchesName(bare(host))),
    address: (address, port) => fits(port, (entry) => entry.matchesAddress(address)),
  }
}

/** A host name as it is compared: lower case, without the dot of the root. */
function bare(host: string): string {
  return host.toLowerCase().replace(/\.$/, '')
}

function parseEntry(text: string): Entry {
  const [, bracketed, plain, portText] =
    /^(?:\[([^\]]+)\]|([^:]+|[^:]*:[^:]*:.*?))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  const port = portText === undefined ? undefined : Number(portText)
  if (host === undefined || (port !== undefined && (port < 1 || port > 65_535))) throw unreadable(text)
  if (ipaddr.isValidCIDR(host)) {
    const [network, bits] = ipaddr.parseCIDR(host)
    return {
      port,
      matchesName: () => false,
      matchesAddress: (address) => address.kind() === network.kind() && address.match(network, bits),
    }
  }
  if (ipaddr.IPv4.isValidFourPartDecimal(host) || ipaddr.IPv6.isValid(host)) {
    const named = ipaddr.process(host).toString()
    return { port, matchesName: () => false, matchesAddress: (address) => address.toString() === named }
  }
  const name = bare(host)
  if (!/^(\*\.)?[a-z0-9]([a-z0-9_.-]*[a-z0-9])?$/.test(name)) throw unreadable(text)
  return {
    port,
    matchesName: (asked) => (name.startsWith('*.') ? asked.endsWith(name.slice(1)) : asked === name),
    matchesAddress: () => false,
  }
}

function unreadable(text: string): EdgeError {
  return new EdgeError('config_invalid', `--allow-url-hosts: ${JSON.stringify(text)} is no host`, {
    hint: 'Write a name (nas.local, *.lan), an address (10.0.0.5, [fd00::5]) or a range (192.168.1.0/24), with :port or not.',
  })
}
