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
    ['src=file:///videos,opt=ro=false', local('/videos', '/inputs', true)],
    ['https://h.org/x.mp4:/v', { source: { type: 'url', url: 'https://h.org/x.mp4' }, target: '/v' }],
    [
      'http://h.org:8080/x.mp4',
      { source: { type: 'url', url: 'http://h.org:8080/x.mp4' }, target: '/inputs' },
    ],
    ['http://h.org:8080/x.mp4:/v', { source: { type: 'url', url: 'http://h.org:8080/x.mp4' }, target: '/v' }],
    [
      'https://h.org/a:b?t=1:2',
      { source: { type: 'url', url: 'https://h.org/a:b?t=1:2' }, target: '/inputs' },
    ],
    [
      `src=https://h.org/x?a=b,dst=/v,opt=sha256=${'A'.repeat(64)},opt=maxBytes=5,opt=timeoutSeconds=9,opt=ro`,
      {
        source: {
          type: 'url',
          url: 'https://h.org/x?a=b',
          sha256: 'a'.repeat(64),
          maxBytes: 5,
          timeoutSeconds: 9,
        },
        target: '/v',
      },
    ],
    ['edge://4b1422ff', { source: { type: 'result', job: '4b1422ff', path: '' }, target: '/inputs' }],
    [
      'edge://4b1422ff/outputs/clips:/earlier',
      { source: { type: 'result', job: '4b1422ff', path: 'outputs/clips' }, target: '/earlier' },
    ],
  ])('%s', (text, expected) => {
    expect(parseInput(text)).toEqual(expected)
  })

  it.each([
    ['/videos:/videos', 'does not begin with file:///'],
    ['file://videos:/videos', 'file:///videos'],
    ['s3://bucket/key:/videos', 's3:// sources are not known'],
    ['https://user:secret@h.org/x', 'user or password'],
    ['https://:/v', 'is no address'],
    ['src=https://h.org/x,opt=rw', 'only file:/// inputs can be writable'],
    ['src=https://h.org/x,opt=sha256=12', '64 hexadecimal digits'],
    ['src=https://h.org/x,opt=maxBytes=5MB', 'a whole number'],
    ['src=file:///v,opt=sha256=12', 'opt=sha256 is not known here'],
    ['src=file:///v,opt=ro,opt=rw', 'contradict'],
    ['src=file:///v,opt=rw=yes', 'true or false'],
    ['edge://', 'the id of a job'],
    ['edge:///outputs', 'the id of a job'],
    ['src=edge://4b1422ff,opt=rw', 'only file:/// inputs can be writable'],
    ['src=file:///v,dest=/v', 'dest=/v'],
    ['file:///%zz:/v', '%-escape'],
  ])('%s is refused', (text, message) => {
    expect(() => parseInput(text)).toThrow(message)
  })
})
