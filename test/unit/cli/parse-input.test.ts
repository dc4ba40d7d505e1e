import { describe, expect, it } from 'vitest'
import { parseInput } from '../../../src/cli/parse-input.ts'

const local = (path: string, target: string, readWrite = false): object => ({
  source: { type: 'localDirectory', path, readWrite },
  target,
})

describe('--input', () => {
  it.each([
    ['file:///videos:/videos', local('/videos', '/videos')],
    ['file:///videos', local('/videos', '/inputs')],
    ['file:///a:b:/c', local('/a:b', '/c')],
    ['file:///with%20space:/v', local('/with space', '/v')],
    ['src=file:///videos,dst=/v,opt=rw=true', local('/videos', '/v', true)],
    ['src=file:///videos,dst=/v,opt=ro', local('/videos', '/v')],
  ])('%s', (text, expected) => {
    expect(parseInput(text)).toEqual(expected)
  })

  it.each([
    ['/videos:/videos', 'does not begin with file:///'],
    ['file://videos:/videos', 'file:///videos'],
    ['s3://bucket/key:/videos', 'only file:/// sources'],
    ['src=file:///v,dest=/v', 'dest=/v'],
    ['file:///%zz:/v', '%-escape'],
  ])('%s is refused', (text, message) => {
    expect(() => parseInput(text)).toThrow(message)
  })
})
