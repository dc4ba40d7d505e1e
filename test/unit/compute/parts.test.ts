import { mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { targetObjection } from '../../../src/compute/admission.ts'
import { jitteredPauseMs } from '../../../src/compute/backoff.ts'
import { engineCheckpoint, Notes, nothingScanned } from '../../../src/compute/durable/notes.ts'
import { executionFolder, makeFolder, sealResult } from '../../../src/compute/folder/execution-folder.ts'
import { takeOutUnpublishable } from '../../../src/compute/folder/take-out.ts'
import { heartbeatExecutions } from '../../../src/compute/link/heartbeat.ts'
import { firstBatch } from '../../../src/compute/link/report-pump.ts'
import { engineReason, preparingReason, reason } from '../../../src/compute/reasons.ts'
import { Reservations } from '../../../src/compute/reservations.ts'
import { Wake } from '../../../src/compute/wake.ts'
import { EdgeError, NodeExecutionRecord, Reason } from '../../../src/domain/index.ts'
import type { Report } from '../../../src/domain/index.ts'
import { createMemoryComputeStore } from '../../../src/stores/memory/index.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { executionIdOf, jobIdOf, specOf } from '../../support/records.ts'
import { newOffer } from '../../support/scripted-requester.ts'
import { tempDir } from '../../support/temp-dir.ts'

describe('admission', () => {
  it.each([
    [['/videos', '/model'], false],
    [['/videos', '/videos2'], false],
    [['/a/b', '/a/c'], false],
    [['/videos', '/videos'], true],
    [['/videos', '/videos/'], true],
    [['/videos', '/./videos//'], true],
    [['/a', '/b', '/b/c/d'], true],
    [['/b/c', '/b'], true],
    [['//'], true],
  ])('of inputs at %j finds an overlap: %s', (targets, overlap) => {
    const objection = targetObjection(targets.map((target) => ({ target })))
    expect(objection?.code).toBe(overlap ? 'duplicate_mount' : undefined)
  })
})

describe('reservations', () => {
  it('are held for their time, longer when asked again, and can be given back', async () => {
    const clock = new ManualClock()
    const reservations = new Reservations({ clock, keepMs: 60_000 })
    const [first, second] = [newOffer(), newOffer()]
    reservations.hold(first, { accepted: true })
    await clock.advance(50_000)
    reservations.hold(second, { accepted: true })
    reservations.hold(first, { accepted: true })
    await clock.advance(59_999)
    expect(reservations.all()).toHaveLength(2)
    reservations.release(second.executionId)
    expect(reservations.find(second.executionId)).toBeUndefined()
    await clock.advance(1)
    expect(reservations.find(first.executionId)).toBeUndefined()
  })
})

describe('a wake', () => {
  it('misses no news between looking and waiting', async () => {
    const wake = new Wake()
    const { version } = wake
    wake.wake()
    await wake.after(version)
    const waiting = wake.after(wake.version)
    wake.wake()
    await waiting
  })

  it('stops waiting with the reason it is told', async () => {
    const stop = new AbortController()
    const waiting = new Wake().after(0, { signal: stop.signal })
    const reasonToStop = new Error('enough')
    stop.abort(reasonToStop)
    await expect(waiting).rejects.toBe(reasonToStop)
    await expect(new Wake().after(0, { signal: stop.signal })).rejects.toBe(reasonToStop)
  })
})

describe('a pause', () => {
  it('doubles to its maximum and is never below a quarter of that', () => {
    const limits = { minMs: 2000, maxMs: 300_000 }
    fc.assert(
      fc.property(fc.nat(1000), fc.double({ min: 0, max: 1, noNaN: true }), (nth, random) => {
        const full = Math.min(300_000, 2000 * 2 ** nth)
        const pause = jitteredPauseMs(nth, limits, () => random)
        expect(pause).toBeGreaterThanOrEqual(full / 4)
        expect(pause).toBeLessThanOrEqual(full)
      }),
    )
  })
})

describe('reasons', () => {
  it('are cut to what the wire takes', () => {
    const long = reason('engine_failed', 'x'.repeat(5000))
    expect(Reason.parse(long).message).toHaveLength(4000)
  })

  it('keep what the input source and the engine said', () => {
    const of = (code: 'path_missing' | 'payload_too_large' | 'asset_missing' | 'media_unreadable') =>
      new EdgeError(code, 'so')
    expect(preparingReason(of('path_missing'))).toEqual({ code: 'path_missing', message: 'so' })
    expect(preparingReason(of('payload_too_large')).code).toBe('limit_exceeded')
    expect(preparingReason(new Error('EIO')).code).toBe('source_unavailable')
    expect(engineReason(of('asset_missing')).code).toBe('model_unavailable')
    expect(engineReason(of('media_unreadable')).code).toBe('engine_failed')
  })
})

describe('a batch of reports', () => {
  it('fits in a message, and has at least one', () => {
    const big = (seq: number): Report => ({
      seq,
      executionId: executionIdOf(seq),
      jobId: jobIdOf(1),
      token: 1,
      state: 'Failed',
      atMs: 1,
      reason: { code: 'engine_failed', message: '\u0001'.repeat(4000) },
    })
    const reports = Array.from({ length: 256 }, (_, index) => big(index + 1))
    const batch = firstBatch(reports)
    expect(batch.length).toBeGreaterThan(10)
    expect(Buffer.byteLength(JSON.stringify(batch))).toBeLessThan(600_000)
    expect(batch).toEqual(reports.slice(0, batch.length))
    expect(firstBatch([])).toEqual([])
    expect(firstBatch(reports.slice(0, 3))).toHaveLength(3)
  })
})

describe('the executions of a heartbeat', () => {
  it('fit in a message, those with progress first', () => {
    const live = Array.from({ length: 9000 }, (_, index) =>
      NodeExecutionRecord.parse({
        id: executionIdOf(index),
        jobId: jobIdOf(1),
        token: 1,
        spec: specOf(),
        state: 'Accepted',
        revision: 0,
        starts: 0,
        createdAtMs: 1,
        updatedAtMs: 1,
      }),
    )
    const progress = {
      filesDone: 0,
      filesTotal: 1,
      framesDone: 0,
      framesTotal: 1,
      framesPerSecond: 0,
      events: 0,
    }
    const told = heartbeatExecutions(live, (id) => (id === executionIdOf(8999) ? progress : undefined))
    expect(told[0]).toMatchObject({ executionId: executionIdOf(8999), progress })
    expect(told.length).toBeGreaterThan(3000)
    expect(Buffer.byteLength(JSON.stringify(told))).toBeLessThan(600_000)
  })
})

describe('the node’s notes', () => {
  it('lie beside the engine’s checkpoints, where no engine sees or writes them', async () => {
    const store = createMemoryComputeStore()
    await store.start()
    const id = executionIdOf(1)
    const notes = new Notes(store, id)
    expect([await notes.cancel(), await notes.scanned(), await notes.ranMs()]).toEqual([
      undefined,
      nothingScanned,
      0,
    ])
    await notes.putCancel({ code: 'cancelled_by_user', message: 'stop' })
    await notes.putRanMs(12)
    const puts: string[] = []
    const checkpoint = engineCheckpoint(store, id, () => {
      puts.push('put')
      return Promise.resolve()
    })
    await checkpoint.put('file 1', { done: true })
    expect(await checkpoint.entries()).toEqual(new Map([['file 1', { done: true }]]))
    await expect(checkpoint.put('node:cancel', 1)).rejects.toThrow(RangeError)
    expect(puts).toEqual(['put'])
    expect(await notes.cancel()).toEqual({ code: 'cancelled_by_user', message: 'stop' })
    await store.stop()
  })
})

describe('a result folder', () => {
  it('is sealed with its exit code, and without what no result may hold', async () => {
    const folder = executionFolder(await tempDir(), executionIdOf(1))
    await makeFolder(folder)
    await mkdir(join(folder.outputs, 'deep/er'), { recursive: true })
    await writeFile(join(folder.outputs, 'deep/er/clip'), 'x')
    await symlink('/etc', join(folder.outputs, 'deep/etc'))
    await symlink('clip', join(folder.outputs, 'deep/er/same'))
    const taken = await takeOutUnpublishable(folder.result, folder.scratch)
    expect(taken.map(({ path }) => path).sort()).toEqual(['outputs/deep/er/same', 'outputs/deep/etc'])
    await sealResult(folder, 7)
    expect(await readFile(join(folder.result, 'exitCode'), 'utf8')).toBe('7')
    expect(await readdir(join(folder.outputs, 'deep'))).toEqual(['er'])
  })
})
