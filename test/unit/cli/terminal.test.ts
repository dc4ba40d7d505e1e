import { describe, expect, it } from 'vitest'
import { harmless, plain } from '../../../src/cli/terminal.ts'

describe('text of other machines', () => {
  it.each([
    ['a\u001b[2Jb', 'a[2Jb'],
    ['a\u0007\r\u0000b', 'ab'],
    ['a\u001b]0;title\u0007b', 'a]0;titleb'],
    ['two\nlines\tand a tab', 'two\nlines\tand a tab'],
  ])('%j cannot steer the terminal', (text, shown) => {
    expect(harmless(text)).toBe(shown)
  })

  it('keeps our colours, but not theirs', () => {
    expect(harmless('\u001b[32mok\u001b[39m')).toBe('\u001b[32mok\u001b[39m')
    expect(plain('\u001b[32mok\u001b[39m\u001b[2J')).toBe('ok')
  })
})
