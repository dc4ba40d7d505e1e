import { afterEach, describe, expect, it, vi } from 'vitest'
import { endpointOf } from '../../../src/cli/connect.ts'
import { profileBook, type ProfileBook } from '../../../src/config/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

async function withProfiles(named?: string): Promise<{ book: ProfileBook; dataDir: string }> {
  for (const name of ['EDGE_NODE_CLIENTAPI_HOST', 'EDGE_NODE_CLIENTAPI_PORT', 'EDGE_API_TOKEN'])
    vi.stubEnv(name, '')
  const book = profileBook({ HOME: await tempDir(), EDGE_PROFILE: named ?? '' })
  await book.save('north', { host: 'north', port: 1, token: 'n' })
  await book.save('south', { host: 'south', port: 2 })
  return { book, dataDir: await tempDir() }
}

describe('the API that is spoken to', () => {
  it('is that of --profile before all, whatever variables say', async () => {
    const { book, dataDir } = await withProfiles('south')
    vi.stubEnv('EDGE_NODE_CLIENTAPI_HOST', 'var')
    expect(endpointOf({ dataDir, profile: 'north' }, book)).toMatchObject({ host: 'north', token: 'n' })
    expect(() => endpointOf({ dataDir, profile: 'north', apiHost: 'x' }, book)).toThrow('contradict')
  })

  it('is an address in flags or variables before EDGE_PROFILE, and EDGE_PROFILE before the selected one', async () => {
    const { book, dataDir } = await withProfiles('south')
    await book.select('north')
    expect(endpointOf({ dataDir, apiPort: '7' }, book)).toEqual({ host: '127.0.0.1', port: 7 })
    expect(endpointOf({ dataDir }, book)).toEqual({ host: 'south', port: 2, profile: 'south' })
    vi.stubEnv('EDGE_NODE_CLIENTAPI_HOST', 'var')
    expect(endpointOf({ dataDir }, book)).toEqual({ host: 'var', port: 1234 })
  })

  it('is never shown the token of another', async () => {
    const { book, dataDir } = await withProfiles()
    await book.select('north')
    vi.stubEnv('EDGE_API_TOKEN', 'of another')
    expect(endpointOf({ dataDir, profile: 'south' }, book).token).toBeUndefined()
    expect(endpointOf({ dataDir, apiHost: 'flag' }, book).token).toBe('of another')
    expect(endpointOf({ dataDir }, book).token).toBe('n')
  })

  it('is that of config.yaml and defaults when there is no profile', async () => {
    const { book, dataDir } = await withProfiles()
    expect(endpointOf({ dataDir }, book)).toEqual({ host: '127.0.0.1', port: 1234 })
  })
})
