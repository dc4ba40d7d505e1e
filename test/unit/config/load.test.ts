import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadSettings } from '../../../src/config/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

describe('loadSettings', () => {
  it('takes flags over variables over the file over defaults, and says which', async () => {
    const dataDir = await tempDir()
    await writeFile(join(dataDir, 'config.yaml'), 'port: 1\nswarmPort: 2\nname: from-file\n')
    const { values, origins } = loadSettings(
      { dataDir, port: '11' },
      { EDGE_PORT: '12', EDGE_SWARM_PORT: '13' },
    )
    expect(values).toMatchObject({ port: 11, swarmPort: 13, name: 'from-file', apiPort: 1234 })
    expect(origins).toMatchObject({
      port: 'flag',
      swarmPort: 'environment',
      name: 'file',
      apiPort: 'default',
    })
  })

  it('reads lists and labels from comma separated text and from YAML', async () => {
    const dataDir = await tempDir()
    await writeFile(join(dataDir, 'config.yaml'), 'peer: [/ip4/10.0.0.5/tcp/1235]\nlabels: {site: north}\n')
    const env = { EDGE_ALLOW_LISTED_LOCAL_PATHS: '/a, /b/**:rw', EDGE_NODE_TYPE: 'requester,compute' }
    const { values } = loadSettings({ dataDir }, env)
    expect(values).toMatchObject({
      peer: ['/ip4/10.0.0.5/tcp/1235'],
      labels: { site: 'north' },
      allowListedLocalPaths: ['/a', '/b/**:rw'],
      nodeType: ['requester', 'compute'],
    })
    expect(loadSettings({ dataDir, labels: ['a=1,b=2', 'c=x=y'] }, {}).values.labels).toEqual({
      a: '1',
      b: '2',
      c: 'x=y',
    })
  })

  it.each([
    ['docker run -i  edge-coral', ['docker', 'run', '-i', 'edge-coral']],
    ['["python3", "my detector.py"]', ['python3', 'my detector.py']],
    [
      ['detect', 'a b'],
      ['detect', 'a b'],
    ],
  ])('reads the command %j without a shell', async (detectorSidecar, command) => {
    const dataDir = await tempDir()
    expect(loadSettings({ dataDir, detectorSidecar }, {}).values.detectorSidecar).toEqual(command)
  })

  it.each([
    [{ detectorSidecar: '["python3"' }, {}, '--detector-sidecar'],
    [{ detectorSidecar: '  ' }, {}, '--detector-sidecar'],
    [{ port: '70000' }, {}, '--port'],
    [{}, { EDGE_SWARM_PORT: 'many' }, 'EDGE_SWARM_PORT'],
    [{ nodeType: ['worker'] }, {}, '--node-type'],
    [{ joinToken: 'short' }, {}, '--join-token'],
    [{ name: 'no spaces please' }, {}, '--name'],
  ])('refuses %j %j naming %s', async (flags, env, named) => {
    const dataDir = await tempDir()
    expect(() => loadSettings({ dataDir, ...flags }, env)).toThrow(named)
  })

  it.each([
    ['prot: 1', 'did you mean port?'],
    ['- a', 'name: value'],
    ['a: [', 'not YAML'],
  ])('refuses a config.yaml with %j', async (content, message) => {
    const dataDir = await tempDir()
    await writeFile(join(dataDir, 'config.yaml'), content)
    expect(() => loadSettings({ dataDir }, {})).toThrow(message)
  })
})
