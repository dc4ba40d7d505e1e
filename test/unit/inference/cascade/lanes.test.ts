import { describe, expect, it } from 'vitest'
import { inLanes } from '../../../../src/inference/cascade/lanes.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('lanes', () => {
  it('give the items of each sequence after those of the one before, whichever is faster', async () => {
    const sequence = (name: string, turns: number) =>
      async function* () {
        for (let item = 0; item < 3; item++) {
          for (let wait = 0; wait < turns; wait++) await turn()
          yield `${name}${item}`
        }
      }
    const items = await Array.fromAsync(inLanes([sequence('a', 9), sequence('b', 0), sequence('c', 3)], 2))
    expect(items).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2', 'c0', 'c1', 'c2'])
  })

  it('walk no more at once than there are', async () => {
    let [open, most] = [0, 0]
    const sequence = async function* () {
      most = Math.max(most, ++open)
      await turn()
      yield 1
      open--
    }
    await Array.fromAsync(
      inLanes(
        Array.from({ length: 7 }, () => sequence),
        3,
      ),
    )
    expect(most).toBe(3)
  })

  it('end the others when one fails, before its error is told', async () => {
    const ended: string[] = []
    const endless = async function* () {
      try {
        for (;;) {
          await turn()
          yield 1
        }
      } finally {
        ended.push('endless')
      }
    }
    const failing = async function* (): AsyncGenerator<number> {
      await turn()
      yield 1
      throw new Error('broken')
    }
    await expect(Array.fromAsync(inLanes([failing, endless], 2))).rejects.toThrow('broken')
    expect(ended).toEqual(['endless'])
  })

  it('end what was begun when the reader leaves, and begin nothing more', async () => {
    const begun: number[] = []
    const sequence = (id: number) =>
      async function* () {
        begun.push(id)
        yield id
        await turn()
        yield id
      }
    for await (const item of inLanes([0, 1, 2, 3].map(sequence), 2)) if (item === 0) break
    expect(begun).toEqual([0, 1])
  })
})
