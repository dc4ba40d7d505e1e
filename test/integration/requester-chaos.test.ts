import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { executionTransitions, isExecutionOver, isJobOver, jobTransitions } from '../../src/domain/index.ts'
import { createSqliteRequesterStore } from '../../src/stores/index.ts'
import { eventually } from '../support/eventually.ts'
import { startWorld, type RequesterWorld } from '../support/requester-world.ts'
import type { ScriptedNode, Work } from '../support/scripted-node.ts'
import { QuietLog } from '../support/quiet-log.ts'
import { tempDir } from '../support/temp-dir.ts'

/** Mulberry32: the same numbers for the same seed, on every machine. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Does what goes wrong in the field, as the seed says, and then lets everything be well again. */
class Chaos {
  readonly jobs: string[] = []
  readonly #world: RequesterWorld
  readonly #random: () => number

  constructor(world: RequesterWorld, seed: number) {
    this.#world = world
    this.#random = randomOf(seed)
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)]!
  }

  async step(): Promise<void> {
    const world = this.#world
    const node = this.pick(world.nodes)
    const what = this.pick([
      'submit',
      'submit',
      'cut',
      'heal',
      'restart',
      'pass',
      'pass',
      'finish',
      'finish',
      'resend',
      'lose',
      'stop',
      'blocks',
    ])
    switch (what) {
      case 'submit': {
        const type = this.pick(['ops', 'batch'] as const)
        const count = type === 'batch' ? this.pick([1, 2]) : 1
        const spec = { type, ...(type === 'batch' ? { count } : {}), disconnect: { tolerateSeconds: 120 } }
        this.jobs.push((await world.submit(spec)).id)
        return
      }
      case 'cut':
        world.cut(node)
        return
      case 'heal':
        if (node.isCut) await world.heal(node)
        return
      case 'restart':
        return world.restart()
      case 'pass':
        return world.pass(this.pick([1000, 5000, 90_000]), 5000)
      case 'finish':
        await this.finishAll(
          node,
          this.pick<Exclude<Work, 'hold'>>(['complete', 'complete', 'fail', 'crash']),
        )
        return
      case 'resend':
        if (!node.isCut && node.reports.length > 0) await node.resend(node.reports)
        return
      case 'lose':
        if (this.#random() < 0.3) return this.#loseData(node)
        return
      case 'stop':
        if (this.jobs.length > 0 && this.#random() < 0.3) await this.#stop(this.pick(this.jobs))
        return
      case 'blocks':
        node.isServingBlocks = !node.isServingBlocks
    }
  }

  async finishAll(node: ScriptedNode, how: Exclude<Work, 'hold'>): Promise<void> {
    for (const { executionId, state } of node.runs.values()) {
      if (state === 'Running') await node.finish(executionId, how)
    }
  }

  async #loseData(node: ScriptedNode): Promise<void> {
    await node.disconnect()
    node.loseData()
    if (node.isCut) this.#world.hub.heal(this.#world.id, node.id)
    node.isCut = false
    await this.#world.connect(node)
  }

  async #stop(job: string): Promise<void> {
    const { state } = await this.#world.requester.job(job)
    if (!isJobOver(state)) await this.#world.requester.stop(job)
  }

  /** Links, blocks and work are well again; resolves when nothing is left to do. */
  async recover(): Promise<void> {
    const world = this.#world
    for (const node of world.nodes) {
      node.isServingBlocks = true
      node.script = {}
      if (node.isCut) await world.heal(node)
    }
    await eventually(
      async () => {
        for (const node of world.nodes) await this.finishAll(node, 'complete')
        await world.pass(30_000, 5000)
        const jobs = await Promise.all(this.jobs.map((job) => world.requester.job(job)))
        for (const { state, executions } of jobs) {
          if (!isJobOver(state)) throw new Error(`a job is ${state}`)
          for (const execution of executions)
            if (!isExecutionOver(execution.state)) throw new Error(`an execution is ${execution.state}`)
        }
        for (const { id, name } of world.nodes) {
          const messages = await world.store.outbox(id, 10)
          if (messages.length > 0) throw new Error(`${String(messages.length)} messages to ${name} are left`)
        }
        return true
      },
      { withinMs: 40_000, everyMs: 1 },
    )
  }

  async check(): Promise<void> {
    const world = this.#world
    const history = await world.store.history({})
    expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1))
    const at = new Map<string, string>()
    for (const { entity, jobId, executionId, from, to } of history) {
      const key = executionId ?? jobId
      expect(from ?? undefined, 'every step begins where the last one ended').toBe(at.get(key))
      const table: Readonly<Record<string, readonly string[]>> =
        entity === 'job' ? jobTransitions : executionTransitions
      if (from !== null) expect(table[from]).toContain(to)
      at.set(key, to)
    }
    const tokens = new Set<number>()
    for (const id of this.jobs) {
      const { executions, spec } = await world.requester.job(id)
      for (const { token } of executions) {
        expect(tokens.has(token)).toBe(false)
        tokens.add(token)
      }
      const completed = executions.filter(({ state }) => state === 'Completed')
      if (spec.type === 'batch') expect(completed.length).toBeLessThanOrEqual(spec.count)
      else expect(new Set(completed.map(({ nodeId }) => nodeId)).size).toBe(completed.length)
      for (const { result } of completed) expect(await world.blocks.has(result!.cid)).toBe(true)
    }
    for (const node of world.nodes) {
      for (const run of node.runs.values())
        expect(run.state, 'the node knows the end').toMatch(/Completed|Failed|Cancelled|Publishing/)
      const acked = (await world.requester.node(node.id)).ackedReportSeq
      expect(acked).toBe(node.reports.length)
    }
  }
}

describe('a requester in chaos', () => {
  const seeds = Array.from({ length: Number(process.env['EDGE_CHAOS_SEEDS'] ?? 12) }, (_, index) => index + 1)

  it.each(seeds)('loses nothing, doubles nothing and comes to rest (seed %i)', async (seed) => {
    const isOnDisk = seed % 4 === 0
    const log = new QuietLog()
    const store = isOnDisk
      ? createSqliteRequesterStore({ path: join(await tempDir(), 'requester.db'), log })
      : undefined
    const world = await startWorld(store === undefined ? {} : { store })
    for (const name of ['a', 'b', 'c']) await world.node(name, { work: () => 'hold' })
    const chaos = new Chaos(world, seed)
    for (let step = 0; step < 60; step++) await chaos.step()
    await chaos.recover()
    await chaos.check()
  })
})
