import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { runWords, type RanWords } from '../support/run-words.ts'
import { tempDir } from '../support/temp-dir.ts'
import { testApi } from '../support/test-api.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

/** The command line of somebody with a home of their own. */
async function somebody(): Promise<(...words: readonly string[]) => Promise<RanWords>> {
  const home = await tempDir()
  vi.stubEnv('XDG_CONFIG_HOME', join(home, 'config'))
  for (const name of [
    'EDGE_PROFILE',
    'EDGE_NODE_CLIENTAPI_HOST',
    'EDGE_NODE_CLIENTAPI_PORT',
    'EDGE_API_TOKEN',
  ])
    vi.stubEnv(name, '')
  vi.stubEnv('EDGE_DATA_DIR', join(home, 'data'))
  return (...words) => runWords(words)
}

describe('edge config', () => {
  it('shows where each value comes from, and no secret', async () => {
    const edge = await somebody()
    vi.stubEnv('EDGE_PORT', '1300')
    expect((await edge('config', 'set', 'join-token', 'open sesame')).code).toBe(0)
    expect(await edge('config', 'set', 'port', '1200')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('EDGE_PORT is given and goes before it.') as string,
    })
    const shown = (await edge('config', 'list', '--set', '--api-host', '10.0.0.5')).stdout
    expect(shown).toMatch(/^port +1300 +EDGE_PORT$/m)
    expect(shown).toMatch(/^apiHost +10\.0\.0\.5 +--api-host$/m)
    expect(shown).toMatch(/^joinToken +\(secret\) +config\.yaml$/m)
    expect(JSON.parse((await edge('config', 'get', 'port', '--json')).stdout)).toMatchObject({
      value: 1300,
      origin: 'environment',
    })
    expect((await edge('config', 'get', 'join-token')).stdout).toBe('(secret)')
    expect((await edge('config', 'get', 'swarmPort')).stdout).toBe('1235')
    expect((await edge('config', 'list')).stdout).toMatch(/^swarmPort +1235 +default$/m)
  })

  it('refuses what makes no sense', async () => {
    const edge = await somebody()
    expect(await edge('config', 'set', 'port', 'many')).toMatchObject({ code: 2 })
    expect(await edge('config', 'set', 'data-dir', '/x')).toMatchObject({ code: 2 })
    expect(await edge('config', 'get', 'prot')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean port?') as string,
    })
  })
})

describe('edge profile', () => {
  it('names an API that commands then speak to', async () => {
    const edge = await somebody()
    const { api } = testApi()
    await api.start()
    const { hostname, port } = new URL(api.url)
    const saved = await edge('profile', 'save', 'here', '--api-host', hostname, '--api-port', port)
    expect(saved.stdout).toBe(`Profile here is ${hostname}:${port}, without a token.`)
    await edge('profile', 'save', 'gone', '--api-port', '1', '--token', 'sesame')
    expect((await edge('node', 'list', '--profile', 'here')).stdout).toContain('gate')
    expect(await edge('node', 'list', '--profile', 'gone')).toMatchObject({ code: 4 })
    expect(await edge('node', 'list', '--profile', 'hree')).toMatchObject({ code: 2 })
    expect((await edge('profile', 'select', 'here')).code).toBe(0)
    expect((await edge('node', 'list')).stdout).toContain('gate')
    const list = (await edge('profile', 'list')).stdout
    expect(list).toMatch(/^\* +here /m)
    expect(list).toMatch(/^ +gone +127\.0\.0\.1 +1 +yes$/m)
    expect(list).not.toContain('sesame')
    expect((await edge('profile', 'show', 'gone')).stdout).toContain('token: kept, not shown')
    expect((await edge('profile', 'show', '--json')).stdout).toContain('"here"')
    expect((await edge('profile', 'delete', 'here')).code).toBe(0)
    expect((await edge('profile', 'select', '--none')).stdout).toBe('No profile is selected.')
    expect(await edge('profile', 'select')).toMatchObject({ code: 2 })
    expect(await edge('profile', 'show')).toMatchObject({ code: 2 })
  })
})
