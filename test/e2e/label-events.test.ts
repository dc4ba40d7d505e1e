import { copyFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { EventsDocument } from '../../src/domain/index.ts'
import { runEdge } from '../support/cluster.ts'
import { leaveLabels, sixPeople } from '../support/left-labels.ts'
import { samplePath } from '../support/sample.ts'
import { tempDir } from '../support/temp-dir.ts'

describe('edge events --labels', () => {
  it('makes events and clips of what another detector saw, and says what it cannot use', async () => {
    const cwd = await tempDir()
    await copyFile(samplePath(`videos/${sixPeople.file}`), join(cwd, sixPeople.file))
    await leaveLabels(join(cwd, 'exp'))
    const words = [sixPeople.file, '--labels', 'exp', '--classes', 'person,cra', '--json']
    const { code, stdout, stderr } = await runEdge(['events', ...words], { cwd })
    expect({ code, stderr }).toMatchObject({ code: 0 })
    const { events, model } = JSON.parse(stdout) as EventsDocument
    expect(events).toHaveLength(6)
    expect(model.name).toBe('labels')
    expect(await readdir(join(cwd, 'edge-events/clips', sixPeople.file))).toHaveLength(6)
    expect(stderr).toContain('labels: classes of the policy that no detection and no names file has: "cra"')
  })

  it.each([
    [['--labels', 'exp', '--conf', '0.3', '--max-det', '5'], 2, 'leave out --conf, --max-det'],
    [['--vid-stride', '3'], 2, '--vid-stride says how --labels are numbered'],
    [['--labels', 'nowhere'], 3, 'there is no folder of labels at'],
  ])('refuses %j', async (words, code, said) => {
    const cwd = await tempDir()
    await copyFile(samplePath(`videos/${sixPeople.file}`), join(cwd, sixPeople.file))
    const run = await runEdge(['events', sixPeople.file, ...words], { cwd })
    expect(run.code).toBe(code)
    expect(run.stderr).toContain(said)
  })
})
