import { readdir, realpath, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ErrorCode, InputSourceSpec, ReasonCode } from '../../src/domain/index.ts'
import type { InputSource } from '../../src/ports/index.ts'
import { tempDir } from '../support/temp-dir.ts'

/** What a source says no to, with which code, and whether the bid says so already. */
export interface Refused {
  readonly spec: InputSourceSpec
  readonly code: ErrorCode
  readonly atBid?: ReasonCode
}

/** A source with things to ask for. */
export interface InputSourceSubject {
  readonly source: InputSource
  /** `files` and `bytes` are what a bid counts before anything was prepared. */
  readonly good: { readonly spec: InputSourceSpec; readonly files: number; readonly bytes: number }
  /** Paths below the prepared folder, of what `good` is. */
  readonly content: readonly string[]
  /** Left out where inputs are never writable. */
  readonly writable?: InputSourceSpec
  readonly refused: Readonly<Record<string, Refused>>
}

export interface InputSourceSuite {
  readonly isWritable: boolean
  readonly refusals: readonly string[]
}

/** What every InputSource does. */
export function describeInputSource(
  name: string,
  { isWritable, refusals }: InputSourceSuite,
  make: () => Promise<InputSourceSubject>,
): void {
  describe(`InputSource: ${name}`, () => {
    const prepare = async ({ source }: InputSourceSubject, spec: InputSourceSpec, signal?: AbortSignal) =>
      source.prepare({ source: spec, target: '/videos', scratchDir: await tempDir() }, { signal })

    it('counts the files and bytes that a bid is decided on', async () => {
      const { source, good } = await make()
      expect(await source.inspect(good.spec)).toEqual({ ok: true, files: good.files, bytes: good.bytes })
    })

    it('prepares the input read-only at the target, under a canonical path', async () => {
      const subject = await make()
      const prepared = await prepare(subject, subject.good.spec)
      expect(prepared).toEqual({
        hostPath: expect.stringMatching(/^\//) as string,
        target: '/videos',
        readOnly: true,
      })
      expect(await realpath(prepared.hostPath)).toBe(prepared.hostPath)
      const entries = await readdir(prepared.hostPath, { recursive: true, withFileTypes: true })
      const files = entries.filter((entry) => entry.isFile())
      expect(
        files.map(({ parentPath, name: file }) => relative(prepared.hostPath, join(parentPath, file))).sort(),
      ).toEqual(subject.content)
    })

    it('prepares the same again for a later attempt of the same execution, and for another one', async () => {
      const { source, good, content } = await make()
      const [scratchDir, other] = [await tempDir(), await tempDir()]
      const input = { source: good.spec, target: '/videos', scratchDir }
      const first = await source.prepare(input)
      expect(await source.prepare(input)).toEqual(first)
      const { hostPath } = await source.prepare({ ...input, scratchDir: other })
      expect((await readdir(hostPath, { recursive: true })).sort()).toEqual(
        expect.arrayContaining([...content]),
      )
    })

    it('ends with the signal’s reason when it is aborted', async () => {
      const subject = await make()
      const aborted = AbortSignal.abort(new Error('stopped'))
      await expect(prepare(subject, subject.good.spec, aborted)).rejects.toThrow('stopped')
    })

    if (isWritable) {
      it('prepares it writable when that is asked and allowed', async () => {
        const subject = await make()
        if (subject.writable === undefined) throw new Error('there is nothing writable')
        expect((await prepare(subject, subject.writable)).readOnly).toBe(false)
      })
    } else {
      it('prepares copies that work of another user can read', async () => {
        const subject = await make()
        const { hostPath } = await prepare(subject, subject.good.spec)
        for (const entry of ['', ...(await readdir(hostPath, { recursive: true }))]) {
          const found = await stat(join(hostPath, entry))
          const wanted = found.isDirectory() ? 0o005 : 0o004
          expect([entry, found.mode & wanted]).toEqual([entry, wanted])
        }
      })
    }

    for (const what of refusals) {
      it(`refuses what is ${what}, with the reason, when preparing and where it can when bidding`, async () => {
        const subject = await make()
        const refused = subject.refused[what]
        if (refused === undefined) throw new Error(`there is nothing ${what}`)
        const { spec, code, atBid } = refused
        const inspection = await subject.source.inspect(spec)
        expect(inspection).toMatchObject(
          atBid === undefined ? { ok: true } : { ok: false, reason: { code: atBid } },
        )
        await expect(prepare(subject, spec)).rejects.toMatchObject({ name: 'EdgeError', code })
      })
    }
  })
}
