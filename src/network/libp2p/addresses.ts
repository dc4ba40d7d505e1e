import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { EdgeError, NodeId } from '../../domain/index.ts'

const hosts: readonly string[] = ['ip4', 'ip6', 'dns', 'dns4', 'dns6']

/** Where to dial, and who should be there when the address says so. */
export interface LinkAddress {
  /** Without /p2p/ID. */
  readonly address: Multiaddr
  readonly peer: NodeId | undefined
}

/** A TCP multiaddr, with or without /p2p/ID. Throws `config_invalid`. */
export function parseLinkAddress(text: string): LinkAddress {
  const parsed = parseTcp(text, 'A peer’s address looks like /ip4/192.0.2.1/tcp/1235/p2p/12D3KooW...')
  const id = parsed.getComponents().find(({ name }) => name === 'p2p')?.value
  if (id === undefined) return { address: parsed, peer: undefined }
  return { address: parsed.decapsulate('/p2p'), peer: parsePeerId(id, text) }
}

/** A TCP multiaddr to listen on or to announce, without /p2p/ID. Throws `config_invalid`. */
export function parseOwnAddress(text: string): Multiaddr {
  const parsed = parseTcp(text, 'An address to listen on looks like /ip4/0.0.0.0/tcp/1235.')
  return parsed.getComponents().some(({ name }) => name === 'p2p') ? parsed.decapsulate('/p2p') : parsed
}

/** The host and port of a TCP multiaddr. */
export function hostAndPort(address: Multiaddr): { readonly host: string; readonly port: number } {
  const [host, tcp] = address.getComponents()
  return { host: host?.value ?? '', port: Number(tcp?.value) }
}

/** Announced addresses first, then those that other machines reach, then loopback; IPv4 before IPv6; each once, with /p2p/ID. */
export function fullMultiaddrs(
  self: NodeId,
  announced: readonly Multiaddr[],
  listening: readonly Multiaddr[],
): readonly string[] {
  const ordered = [...listening].sort((a, b) => remoteness(a) - remoteness(b))
  return [...new Set([...announced, ...ordered].map((address) => `${address.toString()}/p2p/${self}`))]
}

function remoteness(address: Multiaddr): number {
  const [host] = address.getComponents()
  const isLoopback =
    host?.value === '::1' || (host?.name === 'ip4' && host.value?.startsWith('127.') === true)
  const isLinkLocal = host?.name === 'ip6' && /^fe[89ab]/i.test(host.value ?? '')
  return (host?.name === 'ip6' ? 1 : 0) + (isLoopback ? 2 : 0) + (isLinkLocal ? 4 : 0)
}

function parseTcp(text: string, hint: string): Multiaddr {
  const refuse = (why: string, cause?: unknown): never => {
    const init = cause === undefined ? { hint } : { hint, cause }
    throw new EdgeError('config_invalid', `${JSON.stringify(text)} is not a usable multiaddr: ${why}`, init)
  }
  let parsed: Multiaddr
  try {
    parsed = multiaddr(text)
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error), error)
  }
  const names = parsed.getComponents().map(({ name }) => name)
  if (!hosts.includes(names[0] ?? '')) return refuse('it begins with no host')
  if (names[1] !== 'tcp') return refuse('it names no TCP port')
  if (names.length > 3 || (names.length === 3 && names[2] !== 'p2p'))
    return refuse('only /p2p/ID may follow the port')
  return parsed
}

function parsePeerId(id: string, text: string): NodeId {
  try {
    return NodeId.parse(peerIdFromString(id).toString())
  } catch (error) {
    throw new EdgeError('config_invalid', `${JSON.stringify(text)} names no peer id`, { cause: error })
  }
}
