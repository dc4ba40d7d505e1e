import { describe, expect, it } from 'vitest'
import type { InputSourceSpec } from '../../src/domain/index.ts'
import type { InputSource } from '../../src/ports/index.ts'
import { tempDir } from '../support/temp-dir.ts'

/** A source with things to ask for. */
export interface InputSourceSubject {
  readonly source: InputSource
  readonly good: { readonly spec: InputSourceSpec; readonly files: number; readonly bytes: number }
  readonly writable: InputSourceSpec
  readonly forbidden: InputSourceSpec
  readonly missing: InputSourceSpec
  readonly empty: InputSourceSpec
}

/** What every InputSource does. */
export function describeInputSource(name: string, make: () => Promise<InputSourceSubject>): void {
  describe(`InputSource: ${name}`, () => {
    it('counts the files and bytes that a bid is decided on', async () => {
      const { source, good } = await make()
      expect(await source.inspect(good.spec)).toEqual({ ok: true, files: good.files, bytes: good.bytes })
    })

    it('prepares the input read-only at the target, under a canonical path', async () => {
      const { source, good } = await make()
      const prepared = await source.prepare({
        source: good.spec,
        target: '/videos',
        scratchDir: await tempDir(),
      })
      expect(prepared).toEqual({
        hostPath: expect.stringMatching(/^\//) as string,
        target: '/videos',
        readOnly: true,
      })
    })

    it('prepares it writable when that is asked and allowed', async () => {
      const { source, writable } = await make()
      const prepared = await source.prepare({
        source: writable,
        target: '/work',
        scratchDir: await tempDir(),
      })
      expect(prepared.readOnly).toBe(false)
    })

    const refusals = { forbidden: 'path_not_allowed', missing: 'path_missing', empty: 'input_empty' } as const
    for (const [what, code] of Object.entries(refusals)) {
      it(`answers ${code} for what is ${what}, when bidding and when preparing`, async () => {
        const subject = await make()
        const spec = subject[what as keyof typeof refusals]
        const inspection = await subject.source.inspect(spec)
        expect(inspection).toMatchObject({ ok: false, reason: { code } })
        const preparing = subject.source.prepare({
          source: spec,
          target: '/videos',
          scratchDir: await tempDir(),
        })
        await expect(preparing).rejects.toMatchObject({ name: 'EdgeError', code })
      })
    }
  })
}
