import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cidOf, downloadFolder } from '../../src/content/index.ts'
import { EdgeError, type ExecutionId } from '../../src/domain/index.ts'
import type { Publisher } from '../../src/ports/index.ts'
import { noise, readTree, writeTree } from '../support/folder-tree.ts'
import { tempDir } from '../support/temp-dir.ts'

const execution = (digit: number): ExecutionId =>
  `e-${String(digit).repeat(8)}-0000-4000-8000-000000000000` as ExecutionId

const result = {
  stdout: 'done\n',
  stderr: '',
  exitCode: '0',
  'outputs/events.json': '{}',
  'outputs/clips/gate.mp4': noise(600_000),
  'outputs/.hidden': 'counts too',
  'outputs/none/': '',
}

/** What every Publisher does. `make` gives one that has published nothing. */
export function describePublisher(name: string, make: () => Promise<Publisher>): void {
  describe(`Publisher: ${name}`, () => {
    const blockFrom = (publisher: Publisher, id: ExecutionId) => async (cid: string) => {
      const block = await publisher.block(id, cid)
      if (block === undefined) throw new EdgeError('block_missing', cid)
      return block
    }

    it('names a folder by its CID and serves all of it', async () => {
      const publisher = await make()
      const folder = await writeTree(join(await tempDir(), 'result'), result)
      const published = await publisher.publish(execution(1), folder)
      expect(published).toEqual({ cid: await cidOf(folder), bytes: 600_000 + 5 + 1 + 2 + 10, files: 6 })
      const target = join(await tempDir(), 'copy')
      await downloadFolder({
        root: published.cid,
        target,
        fetchBlock: blockFrom(publisher, execution(1)),
      })
      expect(await readTree(target)).toEqual(await readTree(folder))
    })

    it('gives the same CID when it publishes twice', async () => {
      const publisher = await make()
      const folder = await writeTree(join(await tempDir(), 'result'), result)
      const first = await publisher.publish(execution(1), folder)
      expect(await publisher.publish(execution(1), folder)).toEqual(first)
    })

    it('publishes anew what another attempt left in the folder', async () => {
      const publisher = await make()
      const folder = await writeTree(join(await tempDir(), 'result'), result)
      const first = await publisher.publish(execution(1), folder)
      await writeFile(join(folder, 'stdout'), 'done better\n')
      const second = await publisher.publish(execution(1), folder)
      expect(second.cid).toBe(await cidOf(folder))
      expect(await publisher.block(execution(1), second.cid)).toBeDefined()
      expect(await publisher.block(execution(1), first.cid)).toBeUndefined()
    })

    it('answers only for blocks of that execution’s result', async () => {
      const publisher = await make()
      const one = await publisher.publish(
        execution(1),
        await writeTree(join(await tempDir(), 'a'), { a: '1' }),
      )
      const two = await publisher.publish(
        execution(2),
        await writeTree(join(await tempDir(), 'b'), { b: '2' }),
      )
      expect(await publisher.block(execution(1), one.cid)).toBeDefined()
      expect(await publisher.block(execution(1), two.cid)).toBeUndefined()
      expect(await publisher.block(execution(2), one.cid)).toBeUndefined()
      expect(await publisher.block(execution(3), one.cid)).toBeUndefined()
      expect(await publisher.block(execution(1), '../../etc/passwd')).toBeUndefined()
    })

    it('keeps what two executions published alike when one is removed', async () => {
      const publisher = await make()
      const one = await publisher.publish(
        execution(1),
        await writeTree(join(await tempDir(), 'a'), { a: '1' }),
      )
      const two = await publisher.publish(
        execution(2),
        await writeTree(join(await tempDir(), 'b'), { a: '1' }),
      )
      expect(two.cid).toBe(one.cid)
      await publisher.remove(execution(1))
      expect(await publisher.block(execution(1), one.cid)).toBeUndefined()
      expect(await publisher.block(execution(2), one.cid)).toBeDefined()
    })

    it('removes what is not there without complaint', async () => {
      const publisher = await make()
      await publisher.remove(execution(1))
      await publisher.remove(execution(1))
      expect(await publisher.block(execution(1), 'x')).toBeUndefined()
    })

    it('refuses a folder with a symlink and serves nothing of it', async () => {
      const publisher = await make()
      const folder = await writeTree(join(await tempDir(), 'result'), { stdout: 'mine' })
      const allowed = await publisher.publish(execution(1), folder)
      await symlink('/etc/passwd', join(folder, 'secret'))
      await expect(publisher.publish(execution(2), folder)).rejects.toMatchObject({ code: 'result_refused' })
      expect(await publisher.block(execution(2), allowed.cid)).toBeUndefined()
    })

    it('publishes nothing when it is aborted', async () => {
      const publisher = await make()
      const folder = await writeTree(join(await tempDir(), 'result'), { stdout: 'mine' })
      const reason = new Error('enough')
      const aborted = publisher.publish(execution(1), folder, { signal: AbortSignal.abort(reason) })
      await expect(aborted).rejects.toBe(reason)
      expect(await publisher.block(execution(1), await cidOf(folder))).toBeUndefined()
    })
  })
}
