import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { freeResources, nextToRun } from '../../../src/compute/running/capacity.ts'

const work = (cpu: number, memoryBytes = 1) => ({ resources: { cpu, memoryBytes } })
const limits = { capacity: { cpu: 4, memoryBytes: 10 }, maxConcurrent: 3 }

describe('what begins next', () => {
  it('is the oldest that fits, in order', () => {
    const waiting = [work(2), work(1), work(1), work(1)]
    expect(nextToRun(waiting, [], limits)).toEqual(waiting.slice(0, 3))
    expect(nextToRun(waiting, [{ cpu: 2, memoryBytes: 1 }], limits)).toEqual(waiting.slice(0, 1))
  })

  it('waits for what is older and larger, so that nothing is overtaken for ever', () => {
    expect(nextToRun([work(4), work(1)], [{ cpu: 1, memoryBytes: 1 }], limits)).toEqual([])
  })

  it('is work larger than the node only when nothing else runs', () => {
    expect(nextToRun([work(8), work(1)], [], limits)).toEqual([work(8)])
    expect(nextToRun([work(8)], [{ cpu: 1, memoryBytes: 1 }], limits)).toEqual([])
  })

  it('never takes more than there is, and never leaves a fitting oldest waiting', () => {
    const resources = fc.record({
      cpu: fc.integer({ min: 1, max: 40 }).map((n) => n / 10),
      memoryBytes: fc.nat(10),
    })
    fc.assert(
      fc.property(fc.array(resources), fc.array(resources, { maxLength: 3 }), (waiting, running) => {
        const begun = nextToRun(
          waiting.map((each) => ({ resources: each })),
          running,
          limits,
        )
        const used = [...running, ...begun.map((each) => each.resources)]
        expect(begun.map((each) => each.resources)).toEqual(waiting.slice(0, begun.length))
        if (begun.length > 0) {
          expect(used.length).toBeLessThanOrEqual(limits.maxConcurrent)
          expect(used.reduce((sum, { cpu }) => sum + cpu, 0)).toBeLessThanOrEqual(limits.capacity.cpu + 1e-6)
          // The running may hold more than a node that has shrunk; what needs nothing takes nothing of that.
          const needsMemory = begun.some((each) => each.resources.memoryBytes > 0)
          if (needsMemory)
            expect(used.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)).toBeLessThanOrEqual(10)
        }
        if (running.length === 0 && waiting.length > 0) expect(begun.length).toBeGreaterThan(0)
      }),
      {
        examples: [
          [
            [{ cpu: 0.1, memoryBytes: 0 }],
            [
              { cpu: 0.1, memoryBytes: 9 },
              { cpu: 0.1, memoryBytes: 2 },
            ],
          ],
        ],
      },
    )
  })

  it('leaves 0.3 cores after taking 0.1 and 0.2 of 0.6, and never less than nothing', () => {
    const used = [0.1, 0.2].map((cpu) => ({ cpu, memoryBytes: 7 }))
    expect(freeResources({ cpu: 0.6, memoryBytes: 10 }, used)).toEqual({ cpu: 0.3, memoryBytes: 0 })
  })
})
