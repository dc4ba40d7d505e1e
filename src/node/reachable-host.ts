import { networkInterfaces } from 'node:os'

/**
 * Under which host other machines find what listens there: the address itself, or for all addresses (`0.0.0.0`, `::`)
 * the first of this machine that is not its own only. IPv6 comes in brackets, as in a URL.
 */
export function reachableHost(listening: string): string {
  if (!['0.0.0.0', '::', '[::]'].includes(listening)) return listening
  const addresses = Object.values(networkInterfaces())
    .flatMap((found) => found ?? [])
    .filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address))
  const v4 = addresses.find(({ family }) => family === 'IPv4')
  if (v4 !== undefined) return v4.address
  const v6 = listening === '0.0.0.0' ? undefined : addresses[0]
  return v6 === undefined ? '127.0.0.1' : `[${v6.address}]`
}
