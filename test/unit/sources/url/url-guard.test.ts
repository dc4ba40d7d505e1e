import { describe, expect, it } from 'vitest'
import { parseAllowedHosts } from '../../../../src/sources/url/allowed-hosts.ts'
import { UrlGuard } from '../../../../src/sources/url/url-guard.ts'

/** A resolver that knows these names only. */
const names: Readonly<Record<string, readonly string[]>> = {
  'example.org': ['93.184.215.14'],
  'six.example.org': ['2606:2800:21f:cb07:6820:80da:af6b:8b2c'],
  localhost: ['127.0.0.1', '::1'],
  'localhost.': ['127.0.0.1'],
  'metadata.google.internal': ['169.254.169.254'],
  'both.example.org': ['93.184.215.14', '10.0.0.7'],
  'nat64.example.org': ['64:ff9b::7f00:1'],
  'zone.example.org': ['fe80::1%eth0'],
  'nas.local': ['192.168.1.9'],
  'cam.lan': ['10.1.2.3'],
  lan: ['10.1.2.3'],
  'liar.lan': ['169.254.169.254'],
  'nowhere.example.org': [],
}

const guardOf = (...allowed: readonly string[]): UrlGuard =>
  new UrlGuard({
    allowed: parseAllowedHosts(allowed),
    lookup: (host) => {
      const found = names[host]
      return found === undefined ? Promise.reject(new Error('ENOTFOUND')) : Promise.resolve(found)
    },
  })
const ask = (url: string, ...allowed: readonly string[]) => guardOf(...allowed).destination(new URL(url))

describe('the guard of url inputs', () => {
  it.each([
    ['http://example.org/x.mp4', { address: '93.184.215.14', family: 4 }],
    ['https://93.184.215.14:8443/x.mp4', { address: '93.184.215.14', family: 4 }],
    ['https://six.example.org/', { address: '2606:2800:21f:cb07:6820:80da:af6b:8b2c', family: 6 }],
  ])('gives %s its one address', async (url, destination) => {
    expect(await ask(url)).toEqual(destination)
  })

  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://0x7f.1/',
    'http://0x7f000001/',
    'http://2130706433/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://localhost/',
    'http://localhost./',
    'http://LOCALHOST/',
    'http://0.0.0.0/',
    'http://0/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::127.0.0.1]/',
    'http://[::ffff:0:127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://metadata.google.internal/',
    'http://10.0.0.1/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.0.1/',
    'http://100.64.0.1/',
    'http://192.0.0.192/',
    'http://198.18.0.1/',
    'http://224.0.0.1/',
    'http://240.0.0.1/',
    'http://255.255.255.255/',
    'http://[fc00::1]/',
    'http://[fd00:ec2::254]/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://[ff02::1]/',
    'http://[2001:db8::1]/',
    'http://[100::1]/',
    'http://[4000::1]/',
    'http://both.example.org/',
    'http://nat64.example.org/',
    'http://zone.example.org/',
    'http://127。0。0。1/',
    'http://①②⑦.0.0.1/',
  ])('refuses %s', async (url) => {
    await expect(ask(url)).rejects.toMatchObject({ code: 'url_not_allowed' })
  })

  it.each(['ftp://example.org/x', 'file:///etc/passwd', 'http://user:secret@example.org/'])(
    'refuses %s, whatever it resolves to',
    async (url) => {
      await expect(ask(url, 'example.org')).rejects.toMatchObject({ code: 'url_not_allowed' })
    },
  )

  it('says which address of a name was the reason, and nothing of a password', async () => {
    await expect(ask('http://both.example.org/a?token=1')).rejects.toThrow(
      'http://both.example.org is not fetched by this node: 10.0.0.7 is not a public address (private)',
    )
  })

  it.each(['http://nowhere.example.org/', 'http://unknown.example.org/'])(
    'calls %s unavailable, which may pass',
    async (url) => {
      await expect(ask(url)).rejects.toMatchObject({ code: 'input_unavailable' })
    },
  )

  it('gives up on a resolver that does not answer', async () => {
    const guard = new UrlGuard({
      allowed: parseAllowedHosts([]),
      lookup: () => new Promise(() => undefined),
      lookupTimeoutMs: 20,
    })
    await expect(guard.destination(new URL('http://example.org/'))).rejects.toMatchObject({
      code: 'input_unavailable',
      message: expect.stringContaining('no answer in time') as string,
    })
  })
})

describe('--allow-url-hosts', () => {
  it.each([
    ['nas.local', 'http://nas.local/x'],
    ['NAS.local.', 'http://nas.local:8080/x'],
    ['nas.local:80', 'http://nas.local/x'],
    ['*.lan', 'http://cam.lan/x'],
    ['192.168.1.9', 'http://192.168.1.9/x'],
    ['192.168.1.9', 'http://nas.local/x'],
    ['192.168.0.0/16', 'http://nas.local/x'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080/x'],
    ['[::1]', 'http://[::1]/x'],
    ['::1', 'http://[::1]/x'],
    ['[::1]:443', 'https://[::1]/x'],
    ['[fd00::/8]', 'http://[fd00::5]/x'],
    ['169.254.169.254', 'http://liar.lan/x'],
  ])('%s opens %s', async (allowed, url) => {
    expect(await ask(url, allowed)).toMatchObject({ family: expect.any(Number) as number })
  })

  it.each([
    ['nas.local:8080', 'http://nas.local/x'],
    ['*.lan', 'http://lan/x'],
    ['nas.local', 'http://cam.lan/x'],
    ['nas.local', 'http://192.168.1.9/x'],
    ['192.168.2.0/24', 'http://nas.local/x'],
    ['*.lan', 'http://liar.lan/x'],
  ])('%s does not open %s', async (allowed, url) => {
    await expect(ask(url, allowed)).rejects.toMatchObject({ code: 'url_not_allowed' })
  })

  it.each(['http://nas.local', 'nas.local:0', 'nas.local:99999', 'a b', '10.0.0.0/33', '*', '*.*'])(
    'does not understand %s',
    (text) => {
      expect(() => parseAllowedHosts([text])).toThrow(expect.objectContaining({ code: 'config_invalid' }))
    },
  )
})
