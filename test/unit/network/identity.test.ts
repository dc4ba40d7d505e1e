import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadIdentity } from '../../../src/network/index.ts'
import { PinnedPeers } from '../../../src/network/libp2p/pinned-peers.ts'
import { tempDir } from '../../support/temp-dir.ts'

const unusable = expect.objectContaining({ code: 'data_dir_unusable' }) as Error

describe('the identity', () => {
  it('is made once, only for its owner, and stays', async () => {
    const dataDir = join(await tempDir(), 'new', 'data')
    const first = await loadIdentity(dataDir)
    expect((await stat(join(dataDir, 'identity.key'))).mode & 0o777).toBe(0o600)
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
    expect(await readdir(dataDir)).toEqual(['identity.key'])
    const again = await loadIdentity(dataDir)
    expect(again.id).toBe(first.id)
    expect(first.id).toMatch(/^12D3KooW/)
  })

  it('is the same for all who make it at once', async () => {
    const dataDir = await tempDir()
    const identities = await Promise.all(Array.from({ length: 8 }, () => loadIdentity(dataDir)))
    expect(new Set(identities.map(({ id }) => id)).size).toBe(1)
    expect(await readdir(dataDir)).toEqual(['identity.key'])
  })

  it('is refused when others may read it, and the error says how to mend that', async () => {
    const dataDir = await tempDir()
    await loadIdentity(dataDir)
    const path = join(dataDir, 'identity.key')
    for (const mode of [0o640, 0o604, 0o660]) {
      await chmod(path, mode)
      await expect(loadIdentity(dataDir)).rejects.toMatchObject({
        code: 'data_dir_unusable',
        hint: expect.stringContaining(`chmod 600 ${path}`) as string,
      })
    }
    await chmod(path, 0o600)
    await expect(loadIdentity(dataDir)).resolves.toHaveProperty('id')
  })

  it('is refused, and left alone, when the file holds no key', async () => {
    for (const bytes of ['', 'nonsense', 'x'.repeat(5000)]) {
      const dataDir = await tempDir()
      const path = join(dataDir, 'identity.key')
      await writeFile(path, bytes, { mode: 0o600 })
      await expect(loadIdentity(dataDir)).rejects.toThrow(unusable)
      expect(await readFile(path, 'utf8')).toBe(bytes)
    }
  })

  it('is refused when the key or the data directory cannot be used', async () => {
    const dataDir = await tempDir()
    await mkdir(join(dataDir, 'identity.key'))
    await expect(loadIdentity(dataDir)).rejects.toThrow(unusable)
    await writeFile(join(dataDir, 'file'), '')
    await expect(loadIdentity(join(dataDir, 'file'))).rejects.toThrow(unusable)
  })
})

describe('pinned peers', () => {
  it('are kept over restarts, all of many pinned at once, only for their owner', async () => {
    const dataDir = await tempDir()
    const { id } = await loadIdentity(dataDir)
    const pins = await PinnedPeers.load(dataDir)
    const addresses = Array.from({ length: 20 }, (_, index) => `/ip4/192.0.2.${index}/tcp/1235`)
    await Promise.all(addresses.map((address) => pins.pin(address, id)))
    const again = await PinnedPeers.load(dataDir)
    expect(addresses.map((address) => again.get(address))).toEqual(addresses.map(() => id))
    expect((await stat(again.path)).mode & 0o777).toBe(0o600)
    expect((await readdir(dataDir)).sort()).toEqual(['identity.key', 'pinned-peers.json'])
  })

  it('are refused when the file makes no sense', async () => {
    for (const text of ['', '{', '[]', '{"/ip4/192.0.2.1/tcp/1": "me"}']) {
      const dataDir = await tempDir()
      await writeFile(join(dataDir, 'pinned-peers.json'), text)
      await expect(PinnedPeers.load(dataDir)).rejects.toThrow(unusable)
    }
  })

  it('hold in this process even when they cannot be written, and the next pin is written again', async () => {
    const dataDir = join(await tempDir(), 'later')
    const { id } = await loadIdentity(await tempDir())
    const pins = await PinnedPeers.load(dataDir)
    await expect(pins.pin('/ip4/192.0.2.1/tcp/1', id)).rejects.toThrow('ENOENT')
    expect(pins.get('/ip4/192.0.2.1/tcp/1')).toBe(id)
    await mkdir(dataDir)
    await pins.pin('/ip4/192.0.2.2/tcp/1', id)
    expect((await PinnedPeers.load(dataDir)).get('/ip4/192.0.2.1/tcp/1')).toBe(id)
  })
})
