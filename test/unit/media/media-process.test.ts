import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MediaProcess } from '../../../src/media/media-process.ts'
import { runToEnd } from '../../../src/media/run-to-end.ts'
import { eventually } from '../../support/eventually.ts'
import { processesNaming } from '../../support/make-video.ts'
import { tempDir } from '../../support/temp-dir.ts'

/** A program in place of ffmpeg that misbehaves. */
async function stub(body: string): Promise<string> {
  const path = join(await tempDir(), 'stub')
  await writeFile(path, `#!/bin/sh\n${body}\n`)
  await chmod(path, 0o755)
  return path
}

const quiet = { onLine: () => undefined, stallMs: 30_000, maxBytes: 1e6, args: [] }

describe('a media process', () => {
  it('is told nothing of the environment but where programs and libraries are', async () => {
    const program = await stub('env')
    process.env['EDGE_API_TOKEN'] = 'a secret'
    const lines: string[] = []
    await runToEnd({ ...quiet, program, onLine: (line) => lines.push(line) })
    delete process.env['EDGE_API_TOKEN']
    expect(lines.some((line) => line.startsWith('PATH='))).toBe(true)
    expect(lines.join('\n')).not.toContain('secret')
  })

  it('reports its exit code and its complaints', async () => {
    const end = await runToEnd({ ...quiet, program: await stub('echo oh dear >&2; exit 3') })
    expect(end).toMatchObject({ code: 3, signal: null, errors: ['oh dear'], cutShort: undefined })
  })

  it('reports the signal that ended it', async () => {
    const end = await runToEnd({ ...quiet, program: await stub('kill -SEGV $$') })
    expect(end).toMatchObject({ code: null, signal: 'SIGSEGV' })
  })

  it('that cannot be started is an end with a complaint', async () => {
    const program = join(await tempDir(), 'nothing')
    const end = await runToEnd({ ...quiet, program })
    expect(end.code).toBeNull()
    expect(end.errors.join()).toContain('could not be started')
  })

  it('keeps few of a million complaints', async () => {
    const program = await stub('seq 1 300000 >&2; head -c 3000000 /dev/zero | tr "\\0" x >&2')
    const end = await runToEnd({ ...quiet, program })
    expect(end.errors.length).toBeLessThan(40)
    expect(end.errors.join('').length).toBeLessThan(20_000)
    expect(end.errors[0]).toBe('1')
  })

  it('is stopped when it takes memory without end', async () => {
    const program = await stub('exec tail /dev/zero')
    const end = await runToEnd({ ...quiet, program, mostMemoryBytes: 64 * 2 ** 20 })
    expect(end).toMatchObject({ stopped: true, errors: ['it took more than 64 MiB of memory'] })
  })

  it('is stopped when it prints without end', async () => {
    const end = await runToEnd({ ...quiet, program: await stub('exec yes') })
    expect(end.cutShort).toBe('too_much')
  })

  it('is stopped when it says nothing', async () => {
    const end = await runToEnd({ ...quiet, program: await stub('exec sleep 1000'), stallMs: 50 })
    expect(end.cutShort).toBe('stalled')
  })

  it('that ignores SIGTERM is killed, with what it started', async () => {
    const program = await stub('trap "" TERM\nsleep 1013 &\necho up\nwhile true; do sleep 1013; done')
    const child = new MediaProcess(program, [])
    await eventually(async () => (await processesNaming('sleep 1013')).length >= 2)
    const end = await child.stop()
    expect(end).toMatchObject({ code: null, signal: 'SIGKILL', stopped: true })
    await eventually(async () => (await processesNaming('sleep 1013')).length === 0)
    expect(await processesNaming(program)).toEqual([])
  })

  it('that ends while its child holds the pipes is still an end', async () => {
    const program = await stub('sleep 1017 &\nexit 0')
    const end = await runToEnd({ ...quiet, program })
    expect(end.code).toBe(0)
    await eventually(async () => (await processesNaming('sleep 1017')).length === 0)
  })

  it('is stopped by an abort, whose reason is thrown', async () => {
    const program = await stub('exec sleep 1019')
    const abort = new AbortController()
    const running = runToEnd({ ...quiet, program, signal: abort.signal })
    await eventually(async () => (await processesNaming('sleep 1019')).length === 1)
    abort.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
    expect(await processesNaming('sleep 1019')).toEqual([])
    await expect(runToEnd({ ...quiet, program, signal: abort.signal })).rejects.toThrow('enough')
  })
})
