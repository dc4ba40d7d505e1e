import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadSettings, settingNamed, writeSetting } from '../../../src/config/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

describe('writing a setting', () => {
  it('keeps comments, order and every other line of config.yaml', async () => {
    const dir = await tempDir()
    const path = join(dir, 'config.yaml')
    await writeFile(path, '# gate\nport: 1240 # of the API\n\n# who is asked\napiHost: 10.0.0.5\n', {
      mode: 0o640,
    })
    expect(await writeSetting(dir, 'port', '1250')).toBe(path)
    await writeSetting(dir, 'allowListedLocalPaths', '/videos,/archive:ro')
    await writeSetting(dir, 'labels', 'site=north,camera=1')
    expect(await readFile(path, 'utf8')).toBe(
      [
        '# gate',
        'port: 1250 # of the API',
        '',
        '# who is asked',
        'apiHost: 10.0.0.5',
        'allowListedLocalPaths:',
        '  - /videos',
        '  - /archive:ro',
        'labels:',
        '  site: north',
        '  camera: "1"',
        '',
      ].join('\n'),
    )
    expect((await stat(path)).mode & 0o777).toBe(0o640)
    const { values, origins } = loadSettings({ dataDir: dir }, {})
    expect(values).toMatchObject({ port: 1250, labels: { site: 'north', camera: '1' } })
    expect(origins.port).toBe('file')
  })

  it('makes a file that only its owner reads, and keeps one of comments alone', async () => {
    const dir = join(await tempDir(), 'new')
    const path = await writeSetting(dir, 'joinToken', 'open sesame')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await writeFile(path, '# nothing yet\n')
    await writeSetting(dir, 'logJson', 'true')
    expect(await readFile(path, 'utf8')).toBe('# nothing yet\n\nlogJson: true\n')
  })

  it('writes nothing that will not do, and does not say a secret', async () => {
    const dir = await tempDir()
    await expect(writeSetting(dir, 'port', 'many')).rejects.toThrow('port: "many" will not do')
    await expect(writeSetting(dir, 'joinToken', 'short')).rejects.toThrow('joinToken: this value will not do')
    await writeFile(join(dir, 'config.yaml'), 'port: [1\n')
    await expect(writeSetting(dir, 'port', '1')).rejects.toMatchObject({ code: 'config_invalid' })
    expect(await readFile(join(dir, 'config.yaml'), 'utf8')).toBe('port: [1\n')
  })
})

describe('the name of a setting', () => {
  it.each(['apiPort', 'api-port', '--api-port'])('may be %s', (text) => {
    expect(settingNamed(text)).toBe('apiPort')
  })

  it('is corrected when it is nearly one', () => {
    expect(() => settingNamed('api-prot')).toThrow('there is no setting api-prot; did you mean apiPort?')
    expect(() => settingNamed('constructor')).toThrow('there is no setting')
  })
})
