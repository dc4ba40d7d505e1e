import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { executionFolder, makeFolder } from '../../../src/compute/folder/execution-folder.ts'
import type { ExecutionFolder } from '../../../src/compute/folder/execution-folder.ts'
import { readLog } from '../../../src/compute/folder/read-log.ts'
import { WorkLog } from '../../../src/compute/folder/work-log.ts'
import { Wake } from '../../../src/compute/wake.ts'
import type { LogLine } from '../../../src/domain/index.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { executionIdOf } from '../../support/records.ts'

let executions = 1

async function folderIn(dir: string): Promise<ExecutionFolder> {
  const folder = executionFolder(dir, executionIdOf(executions++))
  await makeFolder(folder)
  return folder
}

async function openLog(
  folder: ExecutionFolder,
  limitBytes = 1_000_000,
): Promise<WorkLog & { news: Wake; failures: unknown[] }> {
  const news = new Wake()
  const failures: unknown[] = []
  const log = await WorkLog.open({
    folder,
    limitBytes,
    now: () => 7,
    onFlushed: () => {
      news.wake()
    },
    onFailed: (error) => failures.push(error),
  })
  return Object.assign(log, { news, failures })
}

async function read(folder: ExecutionFolder, tail?: number): Promise<LogLine[]> {
  const lines: LogLine[] = []
  const { signal } = new AbortController()
  const request = {
    path: folder.log,
    tail,
    follow: false,
    news: new Wake(),
    signal,
    isEnded: () => Promise.resolve(true),
  }
  for await (const line of readLog(request)) lines.push(line)
  return lines
}

const text = (folder: ExecutionFolder, name: string): Promise<string> =>
  readFile(join(folder.result, name), 'utf8')

describe('the log of an execution', () => {
  it('gives back every line in the order it was printed, whole or only the last ones', async () => {
    const dir = await tempDir()
    const line = fc.record({
      stream: fc.constantFrom('stdout' as const, 'stderr' as const),
      text: fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.constant(''),
        fc.constant('x'.repeat(30_000)),
      ),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 30 }), fc.nat(35), async (given, tail) => {
        const lines = given.map(({ stream, text: printed }) => ({
          stream,
          text: printed.replaceAll('\n', ' '),
          atMs: 5,
        }))
        const folder = await folderIn(dir)
        const log = await openLog(folder, 10_000_000)
        lines.forEach(log.write)
        await log.close()
        expect(await read(folder)).toEqual(lines)
        expect(await read(folder, tail)).toEqual(tail === 0 ? [] : lines.slice(-tail))
        const stdout = lines.filter(({ stream }) => stream === 'stdout').map((each) => `${each.text}\n`)
        expect(await text(folder, 'stdout')).toBe(stdout.join(''))
      }),
      { numRuns: 60 },
    )
  })

  it('ends at its limit with a line that says so, also over restarts, and each stream has its own', async () => {
    const folder = await folderIn(await tempDir())
    for (let start = 0; start < 2; start++) {
      const log = await openLog(folder, 20)
      for (let line = 0; line < 5; line++) log.write({ stream: 'stdout', text: '123456789' })
      log.write({ stream: 'stderr', text: 'short' })
      await log.close()
    }
    const mark = '[edge: stdout is longer than 20 bytes; the rest is left out]\n'
    expect(await text(folder, 'stdout')).toBe(`123456789\n123456789\n${mark}`)
    expect(await text(folder, 'stderr')).toBe('short\nshort\n')
  })

  it('goes on after a line that a crash cut, and reads lines from before they had times', async () => {
    const folder = await folderIn(await tempDir())
    await appendFile(folder.log, 'oformer\nocut')
    const log = await openLog(folder)
    log.write({ stream: 'stderr', text: 'begun again' })
    await log.close()
    expect(await read(folder)).toEqual([
      { stream: 'stdout', text: 'former' },
      { stream: 'stdout', text: 'cut' },
      { stream: 'stderr', text: 'begun again', atMs: 7 },
    ])
  })

  it('gives a line longer than the wire takes in pieces, and one with line breaks as several', async () => {
    const folder = await folderIn(await tempDir())
    const log = await openLog(folder)
    log.write({ stream: 'stdout', text: 'x'.repeat(70_000) })
    log.write({ stream: 'stdout', text: 'a\nb' })
    await log.close()
    expect((await read(folder)).map((line) => line.text.length)).toEqual([65_536, 4464, 1, 1])
  })

  it('is followed line by line while it grows', async () => {
    const folder = await folderIn(await tempDir())
    const log = await openLog(folder)
    let isEnded = false
    const follow = readLog({
      path: folder.log,
      tail: 1,
      follow: true,
      news: log.news,
      isEnded: () => Promise.resolve(isEnded),
      signal: new AbortController().signal,
    })
    log.write({ stream: 'stdout', text: 'old' })
    log.write({ stream: 'stdout', text: 'one' })
    await log.flushed()
    expect((await follow.next()).value).toEqual({ stream: 'stdout', text: 'one', atMs: 7 })
    const second = follow.next()
    log.write({ stream: 'stderr', text: 'two' })
    expect((await second).value).toEqual({ stream: 'stderr', text: 'two', atMs: 7 })
    const last = follow.next()
    isEnded = true
    log.write({ stream: 'stdout', text: 'three' })
    await log.close()
    expect((await last).value).toEqual({ stream: 'stdout', text: 'three', atMs: 7 })
    log.news.wake()
    expect((await follow.next()).done).toBe(true)
  })

  it('is empty where nothing was printed, and stops following when asked', async () => {
    const folder = executionFolder(await tempDir(), executionIdOf(99))
    expect(await read(folder)).toEqual([])
    const stop = new AbortController()
    const reason = new Error('enough')
    const isEnded = (): Promise<boolean> => Promise.resolve(false)
    const follow = readLog({
      path: folder.log,
      tail: undefined,
      follow: true,
      news: new Wake(),
      isEnded,
      signal: stop.signal,
    })
    const next = follow.next()
    stop.abort(reason)
    await expect(next).rejects.toBe(reason)
  })
})
