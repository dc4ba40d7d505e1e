import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { profileBook, type ProfileBook } from '../../../src/config/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function book(env: NodeJS.ProcessEnv = {}): Promise<ProfileBook> {
  return profileBook({ HOME: await tempDir(), ...env })
}

describe('profiles', () => {
  it('are kept in a file that only their owner reads', async () => {
    const own = await book()
    expect(own.all().size).toBe(0)
    expect(own.current).toBeUndefined()
    await own.save('north', { host: '10.0.0.5', port: 1234, token: 'sesame' })
    await own.save('south', { host: '10.0.0.6', port: 1234 })
    await own.select('north')
    expect(own.path).toMatch(/\/\.config\/edge\/profiles\.yaml$/)
    expect((await stat(own.path)).mode & 0o777).toBe(0o600)
    expect([own.current, [...own.all().keys()]]).toEqual(['north', ['north', 'south']])
    await own.delete('north')
    expect(own.current).toBeUndefined()
    expect(await readFile(own.path, 'utf8')).not.toContain('sesame')
  })

  it('lie where XDG_CONFIG_HOME says, and EDGE_PROFILE goes before the selected one', async () => {
    const place = await tempDir()
    const own = await book({ XDG_CONFIG_HOME: place, EDGE_PROFILE: 'south' })
    expect(own.path).toBe(join(place, 'edge', 'profiles.yaml'))
    await own.save('north', { host: 'a', port: 1 })
    await own.select('north')
    expect(own.current).toBe('south')
    expect(() => own.profile('south')).toThrow('there is no profile "south"')
  })

  it('are refused when others may read them, when they are odd, and when they do not exist', async () => {
    const own = await book()
    await own.save('north', { host: 'a', port: 1 })
    expect(() => own.profile('nroth')).toThrow('did you mean north?')
    await expect(own.save('../x', { host: 'a', port: 1 })).rejects.toMatchObject({ code: 'config_invalid' })
    await expect(own.select('constructor')).rejects.toThrow('there is no profile "constructor"')
    await chmod(own.path, 0o644)
    expect(() => own.all()).toThrow('others may read it')
    await chmod(own.path, 0o600)
    await writeFile(own.path, 'profiles: {north: {host: a}}\n')
    expect(() => own.all()).toThrow('profiles.north.port')
    await writeFile(own.path, 'profiles: {')
    expect(() => own.all()).toThrow('will not do')
  })
})
