import { describe, expect, it } from 'vitest'
import { ago, progressText, share, table } from '../../../src/cli/format.ts'
import { stripVTControlCharacters } from 'node:util'

describe('what people read', () => {
  it('is a table as wide as its content, without trailing blanks', () => {
    const drawn = stripVTControlCharacters(
      table(
        ['ID', 'NAME'],
        [
          ['4b1422ff', 'gate'],
          ['0', ''],
        ],
      ),
    )
    expect(drawn).toBe('ID        NAME\n4b1422ff  gate\n0')
  })

  it('tells times by their distance', () => {
    expect(ago(1000, 1500)).toBe('just now')
    expect(ago(0, 12_999)).toBe('12 s ago')
    expect(ago(0, 185_000)).toBe('3 min ago')
    expect(ago(0, 5 * 3_600_000)).toBe('5 h ago')
    expect(ago(0, 49 * 3_600_000)).toBe('2 days ago')
    expect(ago(5000, 0)).toBe('just now')
  })

  it('gives the published share, and 0 of nothing', () => {
    expect(share(61, 1000)).toBe('6.1%')
    expect(share(0, 0)).toBe('0.0%')
  })

  it('says how far an execution is', () => {
    const progress = {
      filesDone: 1,
      filesTotal: 2,
      framesDone: 30,
      framesTotal: 60,
      framesPerSecond: 12.34,
      events: 1,
      etaSeconds: 2.4,
    }
    expect(progressText(progress)).toBe('1/2 files · 30/60 frames · 1 event · ETA 2s · 12.3 frames/s')
  })
})
