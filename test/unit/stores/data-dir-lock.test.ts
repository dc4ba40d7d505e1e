import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { lockDataDir } from '../../../src/stores/index.ts'
import { siblingModule } from '../../../src/utils/sibling-module.ts'
import { tempDir } from '../../support/temp-dir.ts'

/** A second process that takes the lock and holds it until it is ended; resolves when it has it. */
async function holderOf(directory: string) {
  const child = spawn(
    process.execPath,
    [siblingModule(import.meta.url, 'locking-child').pathname, directory],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  const gone = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await gone
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  expect(line).toBe('locked')
  return { child, gone }
}

describe('lockDataDir', () => {
  it('makes the directory for its owner only', async () => {
    const directory = join(await tempDir(), 'a', 'b')
    const lock = await lockDataDir(directory)
    expect((statSync(directory).mode & 0o777).toString(8)).toBe('700')
    expect(readFileSync(join(directory, 'edge.pid'), 'utf8')).toBe(`${process.pid}\n`)
    for (const file of ['edge.lock', 'edge.pid']) {
      expect((statSync(join(directory, file)).mode & 0o777).toString(8)).toBe('600')
    }
    lock.release()
  })

  it('refuses a second holder in the same process, until released', async () => {
    const directory = await tempDir()
    const lock = await lockDataDir(directory)
    await expect(lockDataDir(directory)).rejects.toMatchObject({ code: 'data_dir_locked' })
    await expect(lockDataDir(directory)).rejects.toMatchObject({ code: 'data_dir_locked' })
    lock.release()
    lock.release()
    expect(existsSync(join(directory, 'edge.pid'))).toBe(false)
    const again = await lockDataDir(directory)
    lock.release()
    await expect(lockDataDir(directory)).rejects.toMatchObject({ code: 'data_dir_locked' })
    again.release()
  })

  it('names the directory and the process that holds it', async () => {
    const directory = await tempDir()
    const { child } = await holderOf(directory)
    await expect(lockDataDir(directory)).rejects.toMatchObject({
      code: 'data_dir_locked',
      message: expect.stringMatching(new RegExp(`${directory}.*pid ${String(child.pid)}$`)) as string,
      details: { directory, pid: child.pid },
      hint: expect.stringContaining('--data-dir') as string,
    })
  })

  it('names no process when the one that was noted is gone', async () => {
    const directory = await tempDir()
    const lock = await lockDataDir(directory)
    onTestFinished(() => {
      lock.release()
    })
    const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
    await once(gone, 'exit')
    for (const noted of [`${String(gone.pid)}\n`, 'nobody', '']) {
      writeFileSync(join(directory, 'edge.pid'), noted)
      await expect(lockDataDir(directory)).rejects.toMatchObject({
        message: expect.stringContaining('another edge process') as string,
      })
    }
  })

  it('is free at once when its holder is killed', async () => {
    const directory = await tempDir()
    const { child, gone } = await holderOf(directory)
    child.kill('SIGKILL')
    await gone
    const lock = await lockDataDir(directory)
    expect(readFileSync(join(directory, 'edge.pid'), 'utf8')).toBe(`${process.pid}\n`)
    lock.release()
  })

  it('is free when its holder ends by itself, and a process of the holder’s does not keep it', async () => {
    const directory = await tempDir()
    const { child, gone } = await holderOf(directory)
    child.stdin.end()
    await gone
    const lock = await lockDataDir(directory)
    const heir = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const heirGone = once(heir, 'exit')
    onTestFinished(async () => {
      heir.kill('SIGKILL')
      await heirGone
    })
    await once(heir, 'spawn')
    lock.release()
    const second = await holderOf(directory)
    expect(second.child.exitCode).toBeNull()
  })

  it('refuses what is no directory, and what cannot be made', async () => {
    const directory = await tempDir()
    const file = join(directory, 'file')
    writeFileSync(file, '')
    for (const path of [file, join(file, 'below'), '/proc/nothing/here']) {
      await expect(lockDataDir(path)).rejects.toMatchObject({
        code: 'data_dir_unusable',
        message: expect.stringContaining(path) as string,
      })
    }
  })

  it('refuses a directory that others can write to', async () => {
    const directory = join(await tempDir(), 'open')
    mkdirSync(directory)
    chmodSync(directory, 0o777)
    await expect(lockDataDir(directory)).rejects.toMatchObject({
      code: 'data_dir_unusable',
      message: expect.stringContaining('mode 777') as string,
    })
  })

  it.runIf(process.getuid?.() === 0)('refuses the directory of another user', async () => {
    const directory = join(await tempDir(), 'theirs')
    mkdirSync(directory)
    chownSync(directory, 65_534, 65_534)
    await expect(lockDataDir(directory)).rejects.toMatchObject({
      code: 'data_dir_unusable',
      message: expect.stringContaining('belongs to user 65534') as string,
    })
  })
})
