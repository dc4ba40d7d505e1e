import { describe, expect, it } from 'vitest'
import { backoffMs, jitteredBackoffMs } from '../../../../src/requester/backoff.ts'
import { Channel, Lanes, Slots, steadyWall, Tasks, Wakeup } from '../../../../src/requester/running/index.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { QuietLog } from '../../../support/quiet-log.ts'

const turn = () => new Promise((go) => setImmediate(go))
const never = new AbortController().signal

describe('a wakeup', () => {
  it('does not lose a ring and counts several as one', async () => {
    const wakeup = new Wakeup()
    wakeup.ring()
    wakeup.ring()
    await wakeup.wait(never)
    let isDone = false
    const waiting = wakeup.wait(never).then(() => (isDone = true))
    await turn()
    expect(isDone).toBe(false)
    wakeup.ring()
    await waiting
  })

  it('gives up after its time, with its signal, and leaves no timer', async () => {
    const clock = new ManualClock()
    const wakeup = new Wakeup()
    const waiting = wakeup.waitAtMost(100, clock, never)
    await clock.advance(100)
    await waiting
    const leave = new AbortController()
    const left = wakeup.waitAtMost(100, clock, leave.signal)
    leave.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
    wakeup.ring()
    await wakeup.waitAtMost(100, clock, never)
    await expect(wakeup.wait(leave.signal)).rejects.toThrow('left')
  })
})

describe('lanes', () => {
  it('run one thing at a time for a key, also after one that failed', async () => {
    const lanes = new Lanes<string>()
    const seen: string[] = []
    const slow = lanes.run('a', async () => {
      await turn()
      seen.push('slow')
      throw new Error('no')
    })
    const next = lanes.run('a', () => Promise.resolve(seen.push('next')))
    const other = lanes.run('b', () => Promise.resolve(seen.push('other')))
    await expect(slow).rejects.toThrow('no')
    await Promise.all([next, other])
    expect(seen).toEqual(['other', 'slow', 'next'])
  })
})

describe('slots', () => {
  it('hold so many at once, and let who waits leave', async () => {
    const slots = new Slots(2)
    let most = 0
    let now = 0
    const work = async () => {
      now += 1
      most = Math.max(most, now)
      await turn()
      now -= 1
    }
    const all = Array.from({ length: 6 }, () => slots.with(never, work))
    const leave = new AbortController()
    const left = slots.with(leave.signal, work)
    leave.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
    await Promise.all(all)
    expect([most, now]).toEqual([2, 0])
    await slots.with(never, work)
  })
})

describe('a channel', () => {
  it('makes writers wait for a slow reader and keeps the order of each', async () => {
    const channel = new Channel<string>(2)
    const write = async (name: string) => {
      for (let n = 0; n < 5; n++) await channel.put(`${name}${String(n)}`, never)
    }
    const writing = Promise.all([write('a'), write('b')]).then(() => {
      channel.end()
    })
    const read: string[] = []
    for await (const item of channel) {
      read.push(item)
      await turn()
    }
    await writing
    expect(read.filter((item) => item.startsWith('a'))).toEqual(['a0', 'a1', 'a2', 'a3', 'a4'])
    expect(read).toHaveLength(10)
  })

  it('ends with its error after what was written, and lets blocked writers go', async () => {
    const channel = new Channel<number>(1)
    await channel.put(1, never)
    const blocked = channel.put(2, never)
    channel.end(new Error('broken'))
    await blocked
    const read: number[] = []
    await expect(
      (async () => {
        for await (const item of channel) read.push(item)
      })(),
    ).rejects.toThrow('broken')
    expect(read).toEqual([1])
    const leave = new AbortController()
    leave.abort(new Error('left'))
    await expect(channel.put(3, leave.signal)).rejects.toThrow('left')
  })
})

describe('tasks', () => {
  it('are over when stop resolves, log what failed, and can begin again', async () => {
    const log = new QuietLog()
    const tasks = new Tasks(log)
    let isOver = false
    tasks.run('waits', async (signal) => {
      try {
        await new ManualClock().sleep(1, { signal })
      } finally {
        await turn()
        isOver = true
      }
    })
    tasks.run('fails', () => Promise.reject(new Error('no')))
    await turn()
    await tasks.stop()
    expect(isOver).toBe(true)
    expect(log.lines.map(({ message }) => message)).toEqual(['a background task failed'])
    tasks.start()
    let isFinished = false
    const finishing = tasks.finish(turn().then(() => (isFinished = true)))
    const failing = tasks.finish(turn().then(() => Promise.reject(new Error('mine'))))
    await Promise.all([tasks.stop(), expect(failing).rejects.toThrow('mine')])
    expect(isFinished).toBe(true)
    await finishing
    tasks.run('too late', () => Promise.reject(new Error('it must not run')))
    tasks.start()
    let hasRun = false
    tasks.run('again', () => Promise.resolve().then(() => void (hasRun = true)))
    await tasks.stop()
    expect(hasRun).toBe(true)
    expect(log.lines).toHaveLength(1)
  })
})

describe('steady wall time', () => {
  it('follows drift and sleep, not leaps', () => {
    let wallMs = 1_000_000
    let monotonicMs = 0
    const clock = { wallMs: () => wallMs, monotonicMs: () => monotonicMs, sleep: () => Promise.resolve() }
    const log = new QuietLog()
    const nowMs = steadyWall(clock, log)
    wallMs += 1500
    monotonicMs += 1000
    expect(nowMs()).toBe(1_001_500)
    wallMs += 50 * 365 * 86_400_000
    monotonicMs += 1000
    expect(nowMs()).toBe(1_002_500)
    nowMs()
    expect(log.lines.map(({ level }) => level)).toEqual(['warn'])
  })
})

describe('backoff', () => {
  it('doubles up to its limit, and jitter keeps within it', () => {
    expect([0, 1, 2, 3, 90].map((nth) => backoffMs(nth, 2, 10))).toEqual([2, 4, 8, 10, 10])
    expect(jitteredBackoffMs(1, 2, 10, () => 0)).toBe(1)
    expect(jitteredBackoffMs(1, 2, 10, () => 0.999)).toBeLessThan(4)
  })
})
