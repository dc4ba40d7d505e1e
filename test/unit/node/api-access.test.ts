import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { apiAccess, isLoopback, newApiToken, sha256Hex } from '../../../src/node/api-access.ts'
import { connectionLines } from '../../../src/node/connection-lines.ts'
import { tempDir } from '../../support/temp-dir.ts'
import type { AgentView, NodeId } from '../../../src/domain/index.ts'

describe('access to the API', () => {
  it.each(['127.0.0.1', '127.9.9.9', 'localhost', '::1'])('is open on %s', async (host) => {
    expect(await apiAccess(await tempDir(), host)).toEqual({ access: { mode: 'open' } })
    expect(isLoopback(host)).toBe(true)
  })

  it.each(['0.0.0.0', '::', '10.0.0.5', '127.evil.example', 'gate.example'])(
    'needs a token on %s',
    async (host) => {
      const dataDir = await tempDir()
      const first = await apiAccess(dataDir, host)
      expect(first.newToken).toMatch(/^[\w-]{32}$/)
      expect(first.access).toEqual({ mode: 'token', tokenHash: sha256Hex(first.newToken ?? '') })
      expect(await apiAccess(dataDir, host)).toEqual({ access: first.access })
    },
  )

  it('is that of the newest token after a new one was made, also where no node ran yet', async () => {
    const dataDir = join(await tempDir(), 'new')
    const former = await newApiToken(dataDir)
    const token = await newApiToken(dataDir)
    expect(token).not.toBe(former)
    const tokenHash = sha256Hex(token)
    expect(await apiAccess(dataDir, '0.0.0.0')).toEqual({ access: { mode: 'token', tokenHash } })
    expect((await stat(join(dataDir, 'api-token.sha256'))).mode & 0o777).toBe(0o600)
  })

  it('keeps the hash alone, for its owner alone', async () => {
    const dataDir = await tempDir()
    const { newToken = '' } = await apiAccess(dataDir, '0.0.0.0')
    const path = join(dataDir, 'api-token.sha256')
    expect(await readFile(path, 'utf8')).not.toContain(newToken)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })
})

describe('the lines that serve prints', () => {
  const agent = (types: AgentView['types']): AgentView => ({
    id: 'x' as NodeId,
    name: 'n',
    version: '0',
    types,
    multiaddrs: ['/ip4/10.0.0.5/tcp/1235/p2p/x', '/ip4/127.0.0.1/tcp/1235/p2p/x'],
    startedAtMs: 0,
  })

  it('can be pasted by clients and by compute nodes', () => {
    const lines = connectionLines(agent(['requester']), { host: '127.0.0.1', port: 1234 })
    expect(lines).toContain('export EDGE_NODE_CLIENTAPI_HOST=127.0.0.1')
    expect(lines).toContain('export EDGE_NODE_CLIENTAPI_PORT=1234')
    expect(lines).toContain('export EDGE_NODE_LIBP2P_PEERCONNECT=/ip4/10.0.0.5/tcp/1235/p2p/x')
    expect(
      lines.some(
        (line) =>
          line.startsWith('edge serve --node-type=compute') &&
          line.endsWith('--peer=/ip4/10.0.0.5/tcp/1235/p2p/x'),
      ),
    ).toBe(true)
  })

  it('are none for a compute node', () => {
    expect(connectionLines(agent(['compute']), { host: '127.0.0.1', port: 1 })).toEqual([])
  })
})
