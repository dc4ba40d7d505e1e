import { describe, expect, it, onTestFinished } from 'vitest'
import { WorkerPool } from '../../../src/inference/detector/worker-pool.ts'

const module = new URL('../../fixtures/pool-worker.ts', import.meta.url)

async function openPool(size = 2): Promise<WorkerPool> {
  const pool = await WorkerPool.open({ module, size, workerData: 'serve' })
  onTestFinished(() => pool.close())
  return pool
}

describe('a pool of workers', () => {
  it('answers many requests, and takes what is transferred', async () => {
    const pool = await openPool()
    const frames = Array.from({ length: 20 }, (_, index) => new Uint8Array(index + 1))
    const answers = await Promise.all(frames.map((frame) => pool.ask(frame, [frame.buffer])))
    expect(answers).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    expect(frames.every(({ byteLength }) => byteLength === 0)).toBe(true)
  })

  it('passes a worker’s error on and goes on', async () => {
    const pool = await openPool(1)
    await expect(pool.ask('error')).rejects.toMatchObject({ code: 'internal', message: 'cannot' })
    expect(await pool.ask('four')).toBe(4)
  })

  it('does not open when a worker refuses to start', async () => {
    await expect(WorkerPool.open({ module, size: 2, workerData: 'refuse' })).rejects.toMatchObject({
      code: 'model_invalid',
    })
  })

  it('does not open when there is no such module', async () => {
    const missing = new URL('./nowhere.ts', import.meta.url)
    await expect(WorkerPool.open({ module: missing, size: 1, workerData: 0 })).rejects.toMatchObject({
      code: 'engine_crashed',
    })
  })

  it.each(['exit', 'throw'])('fails every open and later request when a worker dies (%s)', async (how) => {
    const pool = await openPool()
    const waiting = [pool.ask('silence'), pool.ask('silence'), pool.ask(how)]
    const answers = await Promise.allSettled(waiting)
    for (const answer of answers) expect(answer).toMatchObject({ reason: { code: 'engine_crashed' } })
    await expect(pool.ask('four')).rejects.toMatchObject({ code: 'engine_crashed' })
  })

  it('lets a thread end what it does before it ends the thread', async () => {
    const progress = new Int32Array(new SharedArrayBuffer(4))
    const pool = await WorkerPool.open({ module, size: 1, workerData: { progress } })
    const open = expect(pool.ask('count')).rejects.toMatchObject({ code: 'interrupted' })
    await pool.close()
    await open
    expect(progress[0]).toBe(1)
  })

  it('rejects what is open when it is closed', async () => {
    const pool = await openPool()
    const open = pool.ask('silence')
    const answer = expect(open).rejects.toMatchObject({ code: 'interrupted' })
    await pool.close()
    await answer
    await expect(pool.ask('four')).rejects.toMatchObject({ code: 'internal' })
  })
})
