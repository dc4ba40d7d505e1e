import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  byTurn,
  freeResources,
  nextToRun,
  priorityPointMs,
  type Waiting,
} from '../../../src/compute/running/capacity.ts'
import { ResourcesSpec, type Device } from '../../../src/domain/index.ts'

const gpu = (index: number, vendor = 'nvidia'): Device => ({ class: 'gpu', vendor, index, name: 'a GPU' })
const coral: Device = { class: 'coral', vendor: 'google', index: 0, name: '/dev/apex_0' }
const MiB = 2 ** 20
const limits = {
  capacity: { cpu: 4, memoryBytes: 10 * MiB, diskBytes: 100, gpu: 2 },
  devices: [gpu(0), gpu(1), coral],
  maxConcurrent: 3,
}
interface Named extends Waiting {
  readonly name: string
}
const work = (
  name: string,
  resources: Partial<ResourcesSpec>,
  rest: Partial<Omit<Waiting, 'resources'>> = {},
): Named => ({
  name,
  resources: ResourcesSpec.parse({ memoryBytes: MiB, ...resources }),
  priority: 0,
  acceptedAtMs: 0,
  isBegun: false,
  ...rest,
})
const held = (resources: Partial<ResourcesSpec>, devices: readonly Device[] = []) => ({
  resources: ResourcesSpec.parse({ memoryBytes: MiB, ...resources }),
  devices,
})
const begun = (waiting: readonly Named[], running: Parameters<typeof nextToRun>[1] = [], node = limits) =>
  nextToRun(waiting, running, node).map(({ work: { name }, devices }) =>
    [name, ...(devices ?? ['nothing']).map((each) => (typeof each === 'string' ? each : each.index))].join(
      ' ',
    ),
  )

describe('what begins next', () => {
  it('is the oldest that fits, in order, as long as there are slots', () => {
    const waiting = [work('a', { cpu: 2 }), work('b', {}), work('c', {}), work('d', {})]
    expect(begun(waiting)).toEqual(['a', 'b', 'c'])
    expect(begun(waiting, [held({ cpu: 2 })])).toEqual(['a'])
  })

  it('waits for what is older and larger, so that nothing is overtaken for ever', () => {
    expect(begun([work('large', { cpu: 4 }), work('small', {})], [held({})])).toEqual([])
    expect(begun([work('disk', { diskBytes: 60 }), work('small', {})], [held({ diskBytes: 60 })])).toEqual([
      'small',
    ])
  })

  it('is work larger than the node only when nothing else runs', () => {
    expect(begun([work('large', { cpu: 8 }), work('small', {})])).toEqual(['large'])
    expect(begun([work('large', { cpu: 8 })], [held({})])).toEqual([])
  })

  it('gives every execution GPUs of its own, by index, and the ones it held before when it goes on', () => {
    expect(begun([work('a', { gpu: 1 }), work('b', { gpu: 1 }), work('c', { gpu: 1 })])).toEqual([
      'a 0',
      'b 1',
    ])
    expect(begun([work('a', { gpu: 1 })], [held({ gpu: 1 }, [gpu(0)])])).toEqual(['a 1'])
    const resumed = work('b', { gpu: 1 }, { isBegun: true, devices: new Set(['gpu/nvidia/1']) })
    expect(begun([work('a', { gpu: 1 }), resumed])).toEqual(['b 1', 'a 0'])
    expect(begun([work('a', { devices: ['coral'] }), work('b', { devices: ['coral'] })])).toEqual(['a 0'])
  })

  it('lets work without a GPU go before work that waits for one, but gives it nothing of what that needs', () => {
    const busy = [held({ gpu: 2 }, [gpu(0), gpu(1)])]
    const waiting = [work('gpu', { gpu: 1, cpu: 2 }), work('one', { cpu: 1 }), work('gpu 2', { gpu: 1 })]
    expect(begun(waiting, busy)).toEqual(['one'])
    expect(begun([work('gpu', { gpu: 1, cpu: 2 }), work('two', { cpu: 2 })], busy)).toEqual([])
  })

  it('begins at once, without devices, what asks for devices that the node lost: it is for the work to fail', () => {
    expect(begun([work('amd', { gpu: 1, gpuVendor: 'amd' })], [held({})])).toEqual(['amd nothing'])
  })

  it('goes by priority, a minute of waiting for each point, begun work first', () => {
    const old = work('old', {}, { acceptedAtMs: 0 })
    const urgent = work('urgent', {}, { priority: 5, acceptedAtMs: 5 * priorityPointMs - 1 })
    const late = work('late', {}, { priority: 5, acceptedAtMs: 5 * priorityPointMs + 1 })
    const resumed = work('resumed', {}, { priority: -100, acceptedAtMs: 9, isBegun: true })
    const order = [late, old, urgent, resumed].sort(byTurn).map(({ name }) => name)
    expect(order).toEqual(['resumed', 'urgent', 'old', 'late'])
  })

  it('never lets work wait for more than what came within the minutes that its priority is lower', () => {
    const arrival = fc.record({ priority: fc.integer({ min: -100, max: 100 }), gapMs: fc.nat(120_000) })
    fc.assert(
      fc.property(fc.array(arrival, { minLength: 1, maxLength: 40 }), fc.nat(39), (arrivals, pick) => {
        let nowMs = 0
        const all = arrivals.map(({ priority, gapMs }, index) =>
          work(String(index), {}, { priority, acceptedAtMs: (nowMs += gapMs) }),
        )
        const mine = all[pick % all.length]!
        for (const other of [...all].sort(byTurn).slice(0, [...all].sort(byTurn).indexOf(mine))) {
          const isOvertaking = other.acceptedAtMs > mine.acceptedAtMs
          if (!isOvertaking) continue
          const pointsHigher = other.priority - mine.priority
          expect(other.acceptedAtMs - mine.acceptedAtMs).toBeLessThanOrEqual(pointsHigher * priorityPointMs)
        }
      }),
    )
  })

  it('brings everything to its turn: a node that works off what waits ends with nothing waiting', () => {
    const one = fc.record({
      cpu: fc.integer({ min: 1, max: 60 }).map((n) => n / 10),
      gpu: fc.nat(2),
      diskBytes: fc.nat(100),
      priority: fc.integer({ min: -100, max: 100 }),
    })
    fc.assert(
      fc.property(fc.array(one, { maxLength: 30 }), fc.infiniteStream(fc.nat(2)), (jobs, ends) => {
        let waiting = jobs.map(({ priority, ...rest }, index) => work(String(index), rest, { priority }))
        let running: { resources: ResourcesSpec; devices: readonly Device[] }[] = []
        while (waiting.length > 0) {
          const next = nextToRun(waiting, running, limits)
          if (next.length === 0) {
            expect(running.length, 'something runs, or something begins').toBeGreaterThan(0)
            running = running.filter((_, index) => index !== Number(ends.next().value) % running.length)
            continue
          }
          waiting = waiting.filter((each) => !next.some(({ work: begins }) => begins === each))
          running = [
            ...running,
            ...next.map(({ work: { resources }, devices }) => ({ resources, devices: devices ?? [] })),
          ]
          const devices = running.flatMap((each) => each.devices)
          expect(new Set(devices).size, 'no device is held twice').toBe(devices.length)
          expect(running.length).toBeLessThanOrEqual(limits.maxConcurrent)
          const cpu = running.reduce((sum, { resources }) => sum + resources.cpu, 0)
          if (running.length > 1) expect(cpu).toBeLessThanOrEqual(limits.capacity.cpu + 1e-6)
        }
      }),
    )
  })

  it('leaves 0.3 cores after taking 0.1 and 0.2 of 0.6, and never less than nothing', () => {
    const used = [0.1, 0.2].map((cpu) => ({ cpu, memoryBytes: 7, diskBytes: 0, gpu: 1 }))
    expect(freeResources({ cpu: 0.6, memoryBytes: 10, diskBytes: 5, gpu: 1 }, used)).toEqual({
      cpu: 0.3,
      memoryBytes: 0,
      diskBytes: 5,
      gpu: 0,
    })
  })
})
